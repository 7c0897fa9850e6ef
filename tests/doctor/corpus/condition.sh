#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

if ckwrap -- ./heat; then
  echo good
else
  echo bad
fi
