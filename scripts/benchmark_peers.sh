#!/usr/bin/env bash
# Measures a search step beside eager PyTorch on this machine and prints the
# ratios. Sets both sides up first. Takes three quarters of an hour on two
# cores; arguments are passed on: scripts/benchmark_peers.sh --rounds=1
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/environment.sh
prepare_environment
# PyTorch has an environment of its own: the two need not agree on anything.
if ! .venv-torch/bin/python -c 'import torch' 2>/dev/null; then
  python -m venv --clear .venv-torch
  .venv-torch/bin/python -m pip install --quiet torch==2.13.0 numpy
fi
python benchmarks/compare_peers.py --peer_python=.venv-torch/bin/python "$@"
python benchmarks/count_operations.py --channels=16 --cells=8
