#!/bin/bash
# make-water.sh DIR [STEPS]: a small box of SPC/E water, 221 molecules, ready to run as DIR/md.tpr. Needs gmx alone.
set -euo pipefail

directory=${1:?usage: make-water.sh DIR [STEPS]}
steps=${2:-85000}
mkdir -p "$directory"
cd "$directory"

cat >topol.top <<END
#include "oplsaa.ff/forcefield.itp"
#include "oplsaa.ff/spce.itp"
[ system ]
water
[ molecules ]
END

# Fixed seeds: every machine of one kind starts from the same velocities.
cat >md.mdp <<END
integrator = md
dt = 0.002
nsteps = $steps
nstlog = 500
nstenergy = 100
nstcalcenergy = 100
nstxout-compressed = 500
cutoff-scheme = Verlet
nstlist = 10
rlist = 0.9
rcoulomb = 0.9
rvdw = 0.9
coulombtype = PME
tcoupl = v-rescale
tc-grps = System
tau-t = 0.1
ref-t = 300
gen-vel = yes
gen-temp = 300
gen-seed = 4711
ld-seed = 4711
constraints = h-bonds
END

run() {
  "$@" >make-water.log 2>&1 || { cat make-water.log >&2; exit 1; }
}
run gmx -quiet solvate -cs spc216.gro -box 2 2 2 -p topol.top -o conf.gro
run gmx -quiet grompp -f md.mdp -c conf.gro -p topol.top -o md.tpr -maxwarn 2
