#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

exec ckwrap -- ./heat --steps 500000 > heat.log 2>&1
