#!/bin/bash
#SBATCH -t 12:00:00 --no-requeue --open-mode=append

exec ckwrap -- python3 train.py
