#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

{
  date
  ckwrap -- Rscript fit.R
} | tee fit.log
