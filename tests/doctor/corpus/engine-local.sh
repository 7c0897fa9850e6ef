#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

exec ckwrap --engine local --time-limit 11h -- ./heat
