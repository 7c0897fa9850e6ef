#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@600

exec ckwrap -- ./heat --steps 500000 | tee -a heat.log
