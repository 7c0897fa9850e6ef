#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

ckwrap -- cp2k.psmp -i argon.inp
python3 analyse.py argon-1.ener
