#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120

# `exec` makes ckwrap the leader of the batch step: ckwrap -- would not.
exec ckwrap -- ./heat --size 1000
