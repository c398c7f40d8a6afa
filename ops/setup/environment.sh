#!/bin/sh
# Make .venv and install exactly what a lock names, with hashes; then this project itself.
# Usage: ops/setup/environment.sh LOCKFILE
set -eu
cd "$(dirname "$0")/../.."
lock=$1

say() { printf '%s\n' "$*" >&2; }

python_of_this_machine() {
    for name in python3.11 python3 python3.12 python3.13 python3.14; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$name"
            return
        fi
    done
    say "email-parser needs Python 3.11 or newer (Debian: apt-get install python3 python3-venv)."
    exit 1
}

make_environment() {
    python=$(python_of_this_machine)
    if "$python" -m venv .venv; then return; fi
    # Debian keeps the venv module's other half in a package of its own.
    rm -rf .venv
    ops/setup/packages.sh python3-venv
    "$python" -m venv .venv
}

[ -x .venv/bin/python ] || make_environment
say "Installing what $lock names …"
.venv/bin/python -m pip install --quiet --quiet --require-hashes --requirement "$lock"
.venv/bin/python -m pip install --quiet --quiet --no-deps --no-build-isolation --editable .
