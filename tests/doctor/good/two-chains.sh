#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

ckwrap --chain left -- ./heat --side left &
ckwrap --chain right -- ./heat --side right &
wait
