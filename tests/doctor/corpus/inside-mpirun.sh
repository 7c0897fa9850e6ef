#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --ntasks=16

exec mpirun ckwrap -- gmx_mpi mdrun -deffnm md
