#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --job-name=protein
#SBATCH --cpus-per-task=2

exec ckwrap -- gmx mdrun -deffnm md -ntmpi 1 -ntomp 2
