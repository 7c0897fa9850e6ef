#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120

handler() {
  touch STOP
}
trap handler USR1
ckwrap -- Rscript wells.R
