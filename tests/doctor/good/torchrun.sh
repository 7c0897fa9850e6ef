#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --gpus=2
#SBATCH --cpus-per-task=8

source ~/torch/bin/activate
export OMP_NUM_THREADS=1
exec ckwrap -- torchrun --standalone --nproc-per-node 2 train_ddp.py --epochs 200
