#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

work=$(mktemp -d)
cd "$work"
exec ckwrap -- python3 train.py
