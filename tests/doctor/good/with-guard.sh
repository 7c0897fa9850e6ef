#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

command -v ckwrap > /dev/null || { echo "ckwrap is not in PATH" >&2; exit 1; }
exec ckwrap -- icoFoam || exit 1
