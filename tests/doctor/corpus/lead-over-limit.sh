#!/bin/bash
#SBATCH --time=1:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

export CKWRAP_PROFILE=pytorch
exec ckwrap --lead=2h -- python3 train.py
