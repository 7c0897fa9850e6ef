#!/usr/bin/env python3
"""Conway's game of life on a torus, from a seed. Goes on from `life.json`, saves there when USR1 comes, and leaves the
last generation in `life.out`. Nothing but the standard library."""

import json
import os
import random
import signal
import socket
import sys

SIZE = 48


def tell(*lines):
    """Tells ckwrap, or whoever listens; without anybody it does nothing."""
    name = os.environ.get("NOTIFY_SOCKET")
    if not name:
        return
    if name.startswith("@"):
        name = "\0" + name[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto("\n".join(lines).encode(), name)
    except OSError as error:
        print(f"nobody is told: {error}", file=sys.stderr)


def save(path, state):
    """A complete checkpoint exists at every instant: written beside, on the disk, then renamed."""
    with open(path + ".new", "w") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)


def step(cells):
    around = lambda row, column: sum(
        cells[(row + i) % SIZE][(column + j) % SIZE] for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j
    )
    return [
        [int((n := around(row, column)) == 3 or (n == 2 and cells[row][column])) for column in range(SIZE)]
        for row in range(SIZE)
    ]


def main():
    asked = []
    signal.signal(signal.SIGUSR1, lambda *_: asked.append(True))
    tell("READY=1")

    last = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    if os.path.exists("life.json"):
        with open("life.json") as file:
            state = json.load(file)
    else:
        chance = random.Random(7)
        state = {"generation": 0, "cells": [[chance.randrange(2) for _ in range(SIZE)] for _ in range(SIZE)]}

    while state["generation"] < last:
        state = {"generation": state["generation"] + 1, "cells": step(state["cells"])}
        if state["generation"] % 20 == 0:
            alive = sum(map(sum, state["cells"]))
            tell(f"X_CKWRAP_PROGRESS={state['generation']}/{last}", f"STATUS={alive} cells alive")
        if asked:
            save("life.json", state)
            tell("X_CKWRAP_CHECKPOINT=" + os.path.abspath("life.json"))
            sys.exit(85)  # saved and stopped

    with open("life.out", "w") as file:
        file.writelines("".join(".#"[cell] for cell in row) + "\n" for row in state["cells"])
    tell("X_CKWRAP_FINISHED=1")


main()
