#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --array=1-20%4

exec ckwrap --continue=array -- srun lmp -in in.melt
