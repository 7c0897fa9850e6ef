#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@300

set -e
trap 'kill -TERM "$pid"' TERM
ckwrap -- python3 train.py &
pid=$!
wait "$pid"
wait "$pid"
