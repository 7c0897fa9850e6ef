#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --chdir=/dev/shm/run

exec ckwrap -- ./heat
