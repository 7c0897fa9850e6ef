#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --array=1-20

exec ckwrap --continue array -- gmx mdrun -deffnm md
