#!/usr/bin/env bash
# Finds a cell for 8x8 digits, retrains its network, exports it and reports.
# Sets everything up first. Flags are passed on: scripts/demo.sh --seed=1
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/environment.sh
prepare_environment
exec python bin/pipeline.py --flagfile=configs/digits.flags "$@"
