#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

exec ckwrap --lead 10m --continue requeue python3 train.py --epochs 3
