#!/usr/bin/env bash
#SBATCH -J own -t 0-12:00
#SBATCH --requeue --open-mode append
##SBATCH --mem=64G

CK=/opt/ckwrap/bin/ckwrap
exec "$CK" --chain own -p pytorch -- env PYTHONUNBUFFERED=1 python3 train.py --lr 1e-3
