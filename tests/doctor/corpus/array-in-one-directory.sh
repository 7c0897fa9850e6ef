#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --array=1-8

exec ckwrap -- gmx mdrun -deffnm md
