#!/bin/bash
# make-alignment.sh DIR [TAXA [SITES]]: DNA of a made-up family of species, DIR/alignment.phy. Needs awk alone.
set -euo pipefail

directory=${1:?usage: make-alignment.sh DIR [TAXA [SITES]]}
mkdir -p "$directory"

# A generator of its own, so that every awk makes the same.
awk -v taxa="${2:-60}" -v sites="${3:-1500}" '
function draw(n) { seed = (seed * 16807) % 2147483647; return int(seed / 2147483647 * n) }
function base() { return substr("ACGT", 1 + draw(4), 1) }
function child(from,    site, to) {
  to = ""
  for (site = 1; site <= sites; site++) to = to (draw(100) < 6 ? base() : substr(from, site, 1))
  return to
}
BEGIN {
  seed = 4711
  for (site = 1; site <= sites; site++) tip[1] = tip[1] base()
  for (n = 1; n < taxa; n++) {
    parent = 1 + draw(n)
    tip[n + 1] = child(tip[parent])
    tip[parent] = child(tip[parent])
  }
  print taxa, sites
  for (n = 1; n <= taxa; n++) print "species" n, tip[n]
}' >"$directory/alignment.phy"
