#!/usr/bin/env python3
"""count.py STEPS SECONDS: a chain of random numbers, saved when SIGUSR1 or SIGTERM asks for it; speaks like heat."""
import ctypes
import json
import os
import signal
import sys
import time

asked = False


def ask(_number, _frame):
    global asked
    asked = True


signal.signal(signal.SIGUSR1, ask)
signal.signal(signal.SIGTERM, ask)
# Its name in /proc/PID/comm.
ctypes.CDLL(None).prctl(15, b"count.py", 0, 0, 0)
steps, pace = int(sys.argv[1]), float(sys.argv[2])
state = {"step": 0, "value": 1}
if os.path.exists("count.ck"):
    with open("count.ck") as file:
        state = json.load(file)
print(f"count.py: ready pid={os.getpid()} step={state['step']}", flush=True)


def save():
    with open("count.new", "w") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename("count.new", "count.ck")
    print(f"count.py: checkpoint step={state['step']}", flush=True)


while state["step"] < steps:
    state["value"] = (state["value"] * 6364136223846793005 + 1442695040888963407) % 2**64
    state["step"] += 1
    time.sleep(pace)
    if asked:
        save()
        sys.exit(85)
with open("count.out", "w") as file:
    print(state["value"], file=file)
