#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

ckwrap -- gmx mdrun -deffnm nvt
ckwrap -- gmx mdrun -deffnm npt
