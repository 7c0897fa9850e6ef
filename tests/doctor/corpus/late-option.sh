#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

module load gcc
#SBATCH --mem=16G
exec ckwrap -- ./heat
