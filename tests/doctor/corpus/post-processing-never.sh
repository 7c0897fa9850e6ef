#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

exec ckwrap -- gmx mdrun -deffnm md -ntmpi 1

gmx energy -f md.edr -o energy.xvg < choice.txt
cp energy.xvg "$HOME/results/"
