#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=/dev/null

exec ckwrap -- Rscript wells.R >> "wells-$SLURM_JOB_ID.log" 2>&1
