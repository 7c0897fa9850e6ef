#!/usr/bin/env python3
"""Ising model on a square lattice by the Metropolis algorithm, with Python's standard library alone.

Stops at SIGUSR1 with a checkpoint and exit code 85, and goes on from the checkpoint at the next start. The result is that of an
uninterrupted run, to the last bit.
"""

import argparse
import math
import os
import pickle
import random
import signal
import sys

CHECKPOINT = "ising.ckpt"
RESULT = "ising.out"

asked_to_stop = False


def ask_to_stop(signum, frame):
    # Nothing is saved here: the state is whole only between two sweeps.
    global asked_to_stop
    asked_to_stop = True


def first_state(options):
    random.seed(options.seed)
    spins = [random.choice((-1, 1)) for _ in range(options.size**2)]
    return {"sweep": 0, "spins": spins, "energy": 0, "magnetisation": 0, "random": random.getstate()}


def save(state):
    """Replaces the checkpoint at once: there is a whole one at every instant."""
    temporary = f"{CHECKPOINT}.tmp"
    with open(temporary, "wb") as file:
        pickle.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, CHECKPOINT)


def load():
    try:
        with open(CHECKPOINT, "rb") as file:
            return pickle.load(file)
    except FileNotFoundError:
        # No checkpoint is a first start. A damaged one is an error, and never a reason to begin anew.
        return None


def sweep(spins, size, accepted):
    """One attempted flip of each spin."""
    for site in range(size * size):
        row, column = divmod(site, size)
        neighbours = (
            spins[row * size + (column + 1) % size]
            + spins[row * size + column - 1 + (size if column == 0 else 0)]
            + spins[(row + 1) % size * size + column]
            + spins[(row - 1) % size * size + column]
        )
        cost = 2 * spins[site] * neighbours
        if cost <= 0 or random.random() < accepted[cost]:
            spins[site] = -spins[site]


def energy_of(spins, size):
    right = sum(spins[i] * spins[i - i % size + (i + 1) % size] for i in range(size * size))
    down = sum(spins[i] * spins[(i + size) % (size * size)] for i in range(size * size))
    return -right - down


def main():
    # First of all: until the handler is there, SIGUSR1 would end the program.
    signal.signal(signal.SIGUSR1, ask_to_stop)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=64, help="spins along each side")
    parser.add_argument("--sweeps", type=int, default=20000)
    parser.add_argument("--temperature", type=float, default=2.3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    state = load() or first_state(options)
    print(f"starting at sweep {state['sweep']} of {options.sweeps}", flush=True)
    random.setstate(state["random"])
    spins = state["spins"]
    accepted = {cost: math.exp(-cost / options.temperature) for cost in (4, 8)}

    while state["sweep"] < options.sweeps:
        sweep(spins, options.size, accepted)
        state["sweep"] += 1
        state["energy"] += energy_of(spins, options.size)
        state["magnetisation"] += abs(sum(spins))
        if asked_to_stop or state["sweep"] == options.sweeps:
            state["random"] = random.getstate()
            save(state)
            if state["sweep"] < options.sweeps:
                print(f"stopped at sweep {state['sweep']}", flush=True)
                sys.exit(85)

    count = options.size**2 * options.sweeps
    with open(RESULT, "w") as file:
        print("energy per spin       ", repr(state["energy"] / count), file=file)
        print("magnetisation per spin", repr(state["magnetisation"] / count), file=file)
        print("next random number    ", repr(random.random()), file=file)
    print("finished", flush=True)


if __name__ == "__main__":
    main()
