#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

cat > in.melt <<'EOF'
units lj
ckwrap -- not a command | tee log
trap 'x' TERM
#SBATCH --mem=1G
EOF
exec ckwrap -- lmp -in in.melt
