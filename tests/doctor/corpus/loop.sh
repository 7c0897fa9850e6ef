#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

for seed in 1 2 3; do
  ckwrap -- ./ising --seed "$seed"
done
