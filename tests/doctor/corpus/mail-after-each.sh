#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

ckwrap -- ./heat
rc=$?
if [ $rc -ne 0 ]; then
  mail -s failed "$USER" < heat.log
fi
exit $rc
