#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

if [ ! -e finished ]; then
  sbatch --dependency=afterany:"$SLURM_JOB_ID" "$0"
fi
exec ckwrap -- ./heat
