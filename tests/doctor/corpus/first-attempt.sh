#!/bin/bash
#SBATCH --job-name=md
#SBATCH --time=24:00:00
#SBATCH --signal=B:USR1@300
#SBATCH --output=md.log

module load gromacs
ckwrap gmx mdrun -deffnm md | tee run.log
