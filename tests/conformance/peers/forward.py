"""The wrapper that workflow systems have: a child of Python's, to which signals are passed on."""

import signal
import subprocess
import sys

try:
    child = subprocess.Popen(sys.argv[1:])
except OSError as error:
    sys.exit(f"{sys.argv[1]}: {error}")
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM):
    signal.signal(number, lambda number, _: child.send_signal(number))
code = child.wait()
sys.exit(code if code >= 0 else 128 - code)
