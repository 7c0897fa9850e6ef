#!/bin/bash
# count.sh STEPS SECONDS: a chain of random numbers, saved when SIGUSR1 or SIGTERM asks for it; speaks like heat.
set -euo pipefail
asked=
trap 'asked=yes' USR1 TERM
steps=$1 pace=$2 step=0 value=1
if [[ -s count.ck ]]; then read -r step value <count.ck; fi
echo "count.sh: ready pid=$$ step=$step"
while ((step < steps)); do
  value=$(((value * 1103515245 + 12345) % 2147483648)) step=$((step + 1))
  # A builtin that can wait: no process for each step.
  if [[ $pace != 0 ]]; then read -rt "$pace" _ <> <(:) || true; fi
  if [[ $asked ]]; then
    echo "$step $value" >count.new
    mv count.new count.ck
    echo "count.sh: checkpoint step=$step"
    exit 85
  fi
done
echo "$value" >count.out
