#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=$HOME/logs/%j.log

exec ckwrap -- ./heat
