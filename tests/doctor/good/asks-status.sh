#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

exec ckwrap -- ./pieces.sh
echo "exec failed" >&2
exit 1
