#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR2@120
#SBATCH --ntasks=64

module load openmpi
ckwrap -- mpirun ./lbm input.par
