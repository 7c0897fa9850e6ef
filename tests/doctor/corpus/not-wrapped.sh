#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --ntasks=4

module load gromacs
srun gmx_mpi mdrun -deffnm md
