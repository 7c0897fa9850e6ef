#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@300

if command -v ckwrap > /dev/null; then
  exec ckwrap -- ./heat
else
  exec ./heat
fi
