#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --cpus-per-task=2

module load matlab
export MLM_LICENSE_FILE=27000@licence
exec ckwrap -- matlab -batch "run('wells.m')"
