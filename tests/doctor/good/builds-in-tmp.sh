#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

(cd /tmp && mkdir -p "build-$USER" && cd "build-$USER" && cmake ~/heat && make)
pushd /tmp > /dev/null || exit 1
ls
popd > /dev/null || exit 1
exec ckwrap -- ./heat
