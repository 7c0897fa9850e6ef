#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

cp input.dat "$TMPDIR"
cd "$TMPDIR"
exec ckwrap -- octave-cli --eval wells
