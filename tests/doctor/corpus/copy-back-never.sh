#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

exec ckwrap -- srun lmp -in in.melt
rsync -a ./ "$HOME/results/melt/"
