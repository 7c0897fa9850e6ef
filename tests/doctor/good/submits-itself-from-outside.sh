#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

if [ -z "$SLURM_JOB_ID" ]; then
  sbatch "$0"
  exit
fi
exec ckwrap -- ./heat
