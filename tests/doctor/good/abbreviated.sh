#!/bin/bash
#SBATCH --time=12:00:00 --requ --open=append
#SBATCH--nodes=1
#slurm is asked for one node
# SBATCH --mem=off
##SBATCH --mem=off

exec ckwrap -- ./heat
