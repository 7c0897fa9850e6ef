#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

set -E
trap 'echo failed in line $LINENO >&2' ERR
cp -n start.dat state.dat
trap - ERR
exec ckwrap -- ./heat
