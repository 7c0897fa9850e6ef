#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

OMP_NUM_THREADS=4 ckwrap -- ./heat --size 1000
