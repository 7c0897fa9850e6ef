#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

mkdir -p "/tmp/$USER" && cp input.dat "/tmp/$USER/"
cd "/tmp/$USER" || exit 1
exec ckwrap -- ./heat
