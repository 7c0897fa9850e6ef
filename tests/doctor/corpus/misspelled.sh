#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBACTH --mem=16G
#sbatch -n 4

exec ckwrap -- ./heat
