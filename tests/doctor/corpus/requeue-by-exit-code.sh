#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

ckwrap -- ./heat
if [ $? -eq 85 ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
