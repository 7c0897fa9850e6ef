#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --array=0-9
#SBATCH --output=sweep.log

cd "run$SLURM_ARRAY_TASK_ID" || exit 1
exec ckwrap -- ./heat
