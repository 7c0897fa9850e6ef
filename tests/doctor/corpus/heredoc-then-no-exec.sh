#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

cat > in.melt <<EOF
#SBATCH is no option here
exec ckwrap -- nobody
run 1000
EOF
ckwrap -- lmp -in in.melt
