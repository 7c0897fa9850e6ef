#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=64
#SBATCH --output=water-%j.log

module purge
module load gromacs/2022.5-mpi
export OMP_NUM_THREADS=1

exec ckwrap -- srun --mpi=pmix gmx_mpi mdrun -deffnm md -ntomp 1
