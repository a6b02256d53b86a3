#!/usr/bin/env bash
# Checks the style and runs the tests. Sets everything up first. Arguments
# are passed on to pytest: scripts/test.sh tests/layers -k pool
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/environment.sh
prepare_environment test
ruff check .
ruff format --check .
# One process a core: most time goes into building graphs, which uses one.
workers="$(python -c 'import os; print(len(os.sched_getaffinity(0)))')"
exec python -m pytest -n "$workers" --dist loadfile "$@"
