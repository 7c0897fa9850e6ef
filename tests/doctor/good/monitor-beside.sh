#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --ntasks=4

srun --overlap -n1 nvidia-smi -l 60 > gpu.log &
exec ckwrap -- srun ./heat_mpi
