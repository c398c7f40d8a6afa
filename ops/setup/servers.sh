#!/bin/sh
# What the tests need besides Python: found, or installed.
# Redis, PostgreSQL 15 or newer, Chromium, and letters for Korean, Japanese and Chinese.
set -eu
cd "$(dirname "$0")/../.."

has_postgres() {
    for bin in /usr/lib/postgresql/*/bin $(command -v initdb >/dev/null 2>&1 && dirname "$(command -v initdb)"); do
        [ -x "$bin/initdb" ] || continue
        major=$("$bin/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
        [ "$major" -ge 15 ] && return 0
    done
    return 1
}

has_hangul() { command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=ko)" ]; }

missing=""
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
has_postgres || missing="$missing postgresql"
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || missing="$missing chromium"
has_hangul || missing="$missing fontconfig fonts-noto-cjk"

# shellcheck disable=SC2086  # a list of package names
[ -z "$missing" ] || ops/setup/packages.sh $missing
