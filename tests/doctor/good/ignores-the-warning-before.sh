#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@600

trap '' USR1
cp -n /scratch/large.dat .
exec ckwrap -- ./heat
