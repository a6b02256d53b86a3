#!/usr/bin/env bash
# Measures five kinds of work beside PyTorch on this machine and prints the
# ratios. Sets both sides up first. Takes one to two hours on two cores, half
# of it for torch.compile; nothing else may run meanwhile. Arguments are
# passed on: scripts/benchmark_peers.sh --rounds=1 --nocompile
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/environment.sh
prepare_environment
pytorch="$(pytorch_interpreter)"
python benchmarks/compare_peers.py --peer_python="$pytorch" "$@"
python benchmarks/count_operations.py --channels=16 --cells=8
