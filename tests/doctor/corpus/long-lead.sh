#!/bin/bash
#SBATCH --time=00:30:00
#SBATCH --requeue
#SBATCH --open-mode=append

exec ckwrap --lead 20m -- ./heat
