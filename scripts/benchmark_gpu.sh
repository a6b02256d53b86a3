#!/usr/bin/env bash
# Measures steps on this machine's GPU beside PyTorch, in less than ten
# minutes after both sides are set up. Arguments are passed on:
# scripts/benchmark_gpu.sh --output=runs/gpu.json
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/environment.sh
export DARTS_TF_EXTRA="${DARTS_TF_EXTRA:-cuda}"
prepare_environment
pytorch="$(pytorch_interpreter)"
exec python benchmarks/gpu.py --peer_python="$pytorch" "$@"
