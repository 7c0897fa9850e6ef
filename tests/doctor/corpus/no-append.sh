#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --output=md-%j.log

exec ckwrap -- gmx mdrun -deffnm md -ntmpi 1
