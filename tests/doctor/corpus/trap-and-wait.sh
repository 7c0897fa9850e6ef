#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@300

trap 'kill -USR1 $pid' USR1
ckwrap -- ./heat &
pid=$!
wait $pid
