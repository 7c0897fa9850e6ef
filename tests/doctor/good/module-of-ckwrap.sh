#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

module load ckwrap/0.1 gromacs
which ckwrap gmx || exit 1
exec ckwrap -- gmx mdrun -deffnm md
