#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

ckwrap -- python3 train.py --epochs 200 2>&1 | tee train.log
