#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --ntasks=32

ulimit -s unlimited
module load openmpi/4.1
(cd build && make -s)
exec ckwrap --lead 15m -- mpirun --map-by core ./build/lbm "input_${SLURM_NTASKS:-1}.par"
