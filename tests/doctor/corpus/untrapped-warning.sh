#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@300
#SBATCH --cpus-per-task=4

ckwrap -- gmx mdrun -deffnm md -ntmpi 1
