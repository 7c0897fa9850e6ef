#!/bin/bash
# pieces.sh [PIECES [POINTS]]: the area of a circle by random points, piece after piece. A piece that is done is a file in pieces/
# and is not done again, so that the script can be stopped anywhere and started again.
set -euo pipefail

pieces=${1:-1000}
points=${2:-100000000}

# SIGUSR1: stop, there is more to do. Set before anything else, as the signal ends a shell without a trap.
asked=
trap 'asked=yes' USR1

# One piece of the work: any command that writes its result to stdout.
compute() {
  awk -v seed="$1" -v points="$points" 'BEGIN {
    srand(seed)
    for (i = 0; i < points; i++) { x = rand(); y = rand(); if (x * x + y * y < 1) inside++ }
    print inside
  }'
}

mkdir -p pieces
for ((piece = 1; piece <= pieces; piece++)); do
  [[ ! -e pieces/$piece ]] || continue
  # Bash runs a trap only after the command in the foreground has ended. `wait` returns at once.
  compute "$piece" >pieces/part &
  status=0
  wait "$!" || status=$?
  if [[ $asked ]]; then
    kill "$!" 2>/dev/null || true
    echo "stopped in piece $piece of $pieces"
    exit 85
  fi
  ((status == 0)) || exit "$status"
  # A file under its own name is a whole one.
  mv pieces/part "pieces/$piece"
done

for ((piece = 1; piece <= pieces; piece++)); do cat "pieces/$piece"; done \
  | awk -v points="$points" '{ inside += $1; all += points } END { printf "%.12f\n", 4 * inside / all }' >area.out
echo "finished: $(<area.out)"
