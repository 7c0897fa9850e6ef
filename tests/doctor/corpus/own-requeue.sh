#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@300

trap 'scontrol requeue $SLURM_JOB_ID' USR1
ckwrap -- python3 train.py &
wait
