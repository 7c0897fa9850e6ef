#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --array=0-9

# fit.py reads SLURM_ARRAY_TASK_ID
exec ckwrap -- python3 fit.py
