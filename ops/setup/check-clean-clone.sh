#!/bin/sh
# By hand, before a release: does a bare clone run and test itself, as the README says?
# Clones what is committed into an empty folder, beside the same mail corpus, and does both
# commands there. Usage: ops/setup/check-clean-clone.sh [run|test]
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
what=${1:-both}
bare=$(mktemp -d)
server=""

finish() {
    [ -z "$server" ] || kill -- "-$server" 2>/dev/null || true
    rm -rf "$bare"
}
trap finish EXIT INT TERM

git clone --quiet "$here" "$bare/clone"
ln -s "$(cd "$here/../shared" && pwd)" "$bare/shared"
cd "$bare/clone"
# Nothing of this shell's own settings may help or harm.
unset VIRTUAL_ENV PYTHONPATH DATA_DIR DATABASE_URL REDIS_URL QUEUE ADMIN_PASSWORD

say() { printf '%s: %s\n' "$(date +%H:%M:%S)" "$*"; }

try_run() {
    say "make run …"
    # A session of its own, so that make and what it started can be ended together.
    PORT=0 setsid make run >"$bare/log" 2>&1 &
    server=$!
    for _ in $(seq 600); do
        grep -q sign-in "$bare/log" && break
        sleep 0.2
    done
    address=$(sed -n 's/^email-parser listens on //p' "$bare/log")
    .venv/bin/python - "$address" <<'PYTHON'
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1] + "readyz") as answer:
    print(answer.status, answer.read().decode())
PYTHON
    kill -- "-$server"
    wait "$server" 2>/dev/null || true
    server=""
    say "the console answered"
}

[ "$what" = test ] || try_run
[ "$what" = run ] || { say "make test …" && make test && say "tests ended well"; }
git status --short
