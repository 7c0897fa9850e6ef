#!/bin/bash
#SBATCH --time=12:00:00

exec ckwrap --continue array -- gmx mdrun -deffnm md
