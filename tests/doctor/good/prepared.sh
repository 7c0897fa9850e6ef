#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

set -euo pipefail
cd "$SLURM_SUBMIT_DIR"
module load gromacs
if [ ! -f md.tpr ]; then
  gmx grompp -f md.mdp -c conf.gro -o md.tpr
fi
for file in *.itp; do
  [ -s "$file" ] || { echo "empty: $file" >&2; exit 1; }
done
exec ckwrap --lead 10m -- gmx mdrun -deffnm md
