#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --time-min=00:30:00

exec ckwrap -- ./heat
