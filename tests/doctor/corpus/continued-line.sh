#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

ckwrap --lead 5m \
  -- \
  srun --cpu-bind=cores \
  ./heat --size 1000
