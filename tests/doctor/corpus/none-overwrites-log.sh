#!/bin/bash
#SBATCH --time=12:00:00
#SBATCH --output=run.log

exec ckwrap --continue none -- ./heat
