#!/usr/bin/env bash
# Makes a small input for GROMACS: a box of SPC/E water, 2 nm wide (221 molecules), ready to run as md.tpr.
# Needs nothing but gmx, and takes a second.
set -euo pipefail

(($# >= 1)) || { echo "Usage: make-water.sh DIR [STEPS=85000]   (about a minute on two cores)" >&2; exit 2; }
dir=$1 steps=${2:-85000}
mkdir -p "$dir"
cd "$dir"

cat >topol.top <<'END'
#include "oplsaa.ff/forcefield.itp"
#include "oplsaa.ff/spce.itp"

[ system ]
water

[ molecules ]
END
gmx -quiet solvate -cs spc216.gro -box 2 2 2 -p topol.top -o conf.gro >make-water.log 2>&1

# The seeds are fixed: the same input gives the same trajectory.
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
constraints = h-bonds
tcoupl = v-rescale
tc-grps = System
tau-t = 0.1
ref-t = 300
gen-vel = yes
gen-temp = 300
gen-seed = 4711
ld-seed = 4711
END
gmx -quiet grompp -f md.mdp -c conf.gro -p topol.top -o md.tpr >>make-water.log 2>&1
