#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

case "$1" in
  gpu) exec ckwrap -- gmx mdrun -deffnm md -nb gpu ;;
  cpu) exec ckwrap -- gmx mdrun -deffnm md -nb cpu ;;
  *) echo "usage: sbatch choice.sh gpu|cpu" >&2; exit 2 ;;
esac
