#!/bin/bash -l
#SBATCH -J protein -t 1-00 -c 8
#SBATCH --requeue

module purge
module load gromacs

ckwrap -- gmx mdrun -deffnm md
