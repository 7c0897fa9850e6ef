#!/bin/bash
#SBATCH --job-name=successor
#SBATCH --time=12:00:00

exec ckwrap --continue successor -- gmx mdrun -deffnm md -ntmpi 1 -ntomp 1
