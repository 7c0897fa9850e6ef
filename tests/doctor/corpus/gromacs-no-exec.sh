#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --cpus-per-task=8

module load gromacs/2022.5
ckwrap -- gmx mdrun -deffnm md -ntmpi 1 -ntomp "$SLURM_CPUS_PER_TASK"
