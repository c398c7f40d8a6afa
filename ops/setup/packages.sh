#!/bin/sh
# Install Debian packages when we may; otherwise say in one line which are missing.
# Usage: ops/setup/packages.sh PACKAGE…
set -eu

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Please install: $* (Debian names; as root: apt-get install $*), then run this again." >&2
    exit 1
fi

echo "Installing: $* …" >&2
# Servers that come with a package would be started at once; the tests start their own.
export RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get update && apt-get install --yes --no-install-recommends "$@"; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "apt-get could not install: $*" >&2
    exit 1
fi
rm -f "$log"
