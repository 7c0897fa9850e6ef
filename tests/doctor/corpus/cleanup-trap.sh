#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

scratch=/scratch/$USER/$SLURM_JOB_ID
mkdir -p "$scratch"
trap 'rm -rf "$scratch"' EXIT
exec ckwrap -- ./heat --scratch "$scratch"
