#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

if [ -f md.tpr ]; then
  ckwrap -- gmx mdrun -deffnm md
else
  echo "no input" >&2
  exit 1
fi
