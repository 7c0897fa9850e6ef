#!/bin/bash
#SBATCH --job-name=array
#SBATCH --time=12:00:00
#SBATCH --array=1-20%1

exec ckwrap --continue array -- gmx mdrun -deffnm md -ntmpi 1 -ntomp 1
