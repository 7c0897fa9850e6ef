#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --array=1-20
#SBATCH -o logs/%x-%A.out

exec ckwrap -- python3 fit.py --index "$SLURM_ARRAY_TASK_ID"
