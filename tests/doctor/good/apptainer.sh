#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --gpus=1

exec ckwrap -p pytorch -- apptainer exec --nv -B /scratch image.sif python3 train.py --data /scratch/x
