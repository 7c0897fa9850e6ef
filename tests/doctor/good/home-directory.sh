#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

"$HOME/bin/prepare" input.dat
exec "$HOME/bin/ckwrap" --lead "$LEAD" -- "$HOME/bin/heat" "$@"
