#!/usr/bin/env bash
# The wrapper that batch scripts have: signals are passed on by a trap.
# A background command of a script would read from /dev/null.
"$@" <&0 &
child=$!
for signal in HUP INT QUIT USR1 USR2 TERM; do
  # shellcheck disable=SC2064  # the number is known now
  trap "kill -$signal $child" "$signal"
done
while true; do
  wait "$child"
  code=$?
  kill -0 "$child" 2>/dev/null || exit "$code"
done
