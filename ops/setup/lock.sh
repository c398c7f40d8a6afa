#!/bin/sh
# Write both locks anew from pyproject.toml: versions and hashes, no index addresses.
# Usage: ops/setup/lock.sh [--upgrade]
set -eu
cd "$(dirname "$0")/../.."

[ -x build/lock/bin/uv ] || {
    .venv/bin/python -m venv build/lock
    build/lock/bin/python -m pip install --quiet uv
}

compile() {
    output=$1
    shift
    build/lock/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --quiet \
        --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
        --output-file "$output" "$@"
}

compile requirements.lock --extra setup "$@"
# The same versions of what runs, whether or not the tools of the tests stand beside it.
compile requirements-dev.lock --all-extras --constraints requirements.lock "$@"
