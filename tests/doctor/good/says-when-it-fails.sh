#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

exec ckwrap -- ./heat || {
  mail -s "ckwrap is not there" "$USER" < /dev/null
  exit 1
}
