#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --cpus-per-task=4

say() {
  echo "$(date): $*"
}
say start
[[ ${SLURM_RESTART_COUNT:-0} -gt 0 ]] && say "restart $SLURM_RESTART_COUNT"
exec ckwrap -- ./heat --threads $(( SLURM_CPUS_PER_TASK * 2 ))
