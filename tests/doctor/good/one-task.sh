#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --array=0-0%1
#SBATCH --output=%A.log

exec ckwrap -- gmx mdrun -deffnm md
