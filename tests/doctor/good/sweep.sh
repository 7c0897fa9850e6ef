#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --array=1-100%10
#SBATCH --output=logs/%A_%a.log

cd "run-$SLURM_ARRAY_TASK_ID" || exit 1
exec ckwrap -- gmx mdrun -deffnm md
