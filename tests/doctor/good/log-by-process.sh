#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

exec > >(tee -a all.log) 2>&1
date
exec ckwrap -- ./heat < input.dat
