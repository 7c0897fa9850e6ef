#!/bin/bash
#SBATCH --job-name=none
#SBATCH --time=12:00:00

exec ckwrap --continue none -- gmx mdrun -deffnm md
