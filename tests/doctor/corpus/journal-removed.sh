#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

rm -rf .ckwrap output
exec ckwrap -- ./heat
