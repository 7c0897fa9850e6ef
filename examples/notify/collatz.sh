#!/bin/sh
# Which number up to $1 takes the most steps of n -> n/2 or 3n+1 down to 1? Goes on from `collatz.state`, saves there
# when USR1 comes, and leaves the answer in `collatz.out`.
set -eu
last=${1:-3000}

# Without ckwrap there is nobody to tell.
tell() { if [ -n "${NOTIFY_SOCKET-}" ]; then ckwrap notify "$@"; fi; }

# Beside and renamed: a complete checkpoint exists at every instant.
save() { echo "$number $best $most" > collatz.state.new && mv collatz.state.new collatz.state; }

asked=
trap 'asked=yes' USR1
tell --ready

number=1 best=1 most=0
if [ -f collatz.state ]; then read -r number best most < collatz.state; fi

while [ "$number" -le "$last" ]; do
    n=$number steps=0
    while [ "$n" -gt 1 ]; do
        if [ $((n % 2)) -eq 0 ]; then n=$((n / 2)); else n=$((3 * n + 1)); fi
        steps=$((steps + 1))
    done
    if [ "$steps" -gt "$most" ]; then best=$number most=$steps; fi
    number=$((number + 1))
    if [ $((number % 250)) -eq 0 ]; then tell --progress "$number/$last" --status "best so far: $best"; fi
    if [ -n "$asked" ]; then
        save
        tell --checkpoint collatz.state
        exit 85     # saved and stopped
    fi
done

echo "$best takes $most steps" > collatz.out
tell --finished
