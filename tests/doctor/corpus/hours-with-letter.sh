#!/bin/bash
#SBATCH --time=12h
#SBATCH --requeue
#SBATCH --open-mode=append

exec ckwrap -- ./heat
