#!/usr/bin/env bash
# A search by two worker processes on this machine, as on two machines:
#
#   bash scripts/search_two_workers.sh
#
# 1. One process, and two workers with the same batch, search for an epoch:
#    their alphas agree to 1e-9.
# 2. One of two workers is killed: the other stops. Both are started again
#    and continue after the last whole epoch.
#
# Runs and logs are in runs/two_workers, or in the directory given.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/environment.sh
prepare_environment

runs="${1:-runs/two_workers}"
rm -rf "$runs"
mkdir -p "$runs"
options=(--dataset=digits --search_space=nas_bench_201 --channels=4 --cells=3
  --batch_size=64 --precision=float64 --alpha_learning_rate=0.01)

# Two ports that nobody uses now.
read -r port_0 port_1 < <(python - <<'PYTHON'
import socket

sockets = [socket.create_server(('', 0)) for _ in range(2)]
print(*(s.getsockname()[1] for s in sockets))
PYTHON
)

# start_worker NUMBER NAME OPTION...: a worker in the background.
start_worker() {
  local number="$1" name="$2"
  shift 2
  TF_CONFIG="{\"cluster\": {\"worker\":
      [\"127.0.0.1:$port_0\", \"127.0.0.1:$port_1\"]},
      \"task\": {\"type\": \"worker\", \"index\": $number}}" \
    python bin/search.py --strategy=multi_worker --workdir="$runs/$name" \
    "${options[@]}" "$@" > "$runs/${name}_worker_$number.log" 2>&1 &
}

# Waits for the two workers; fails if one does.
finish() {
  wait "$1" || { cat "$runs"/"$3"_worker_*.log >&2; exit 1; }
  wait "$2" || { cat "$runs"/"$3"_worker_*.log >&2; exit 1; }
}

echo "== One process, then two workers, for one epoch"
python bin/search.py --workdir="$runs/one" "${options[@]}" --epochs=1 \
  > "$runs/one.log" 2>&1
start_worker 0 two --epochs=1; first=$!
start_worker 1 two --epochs=1; second=$!
finish "$first" "$second" two
grep '^Replicas' "$runs/two_worker_0.log"
python - "$runs" <<'PYTHON'
import sys

import numpy as np

one, two = (np.load(f'{sys.argv[1]}/{name}/alphas.npz')['normal/alpha']
            for name in ('one', 'two'))
difference = np.abs(one - two).max()
print(f'Largest alpha {np.abs(one).max():.3g}, largest difference'
      f' {difference:.2g}')
if not difference <= 1e-9:
  sys.exit('error: the alphas of one process and of two workers differ')
PYTHON

echo "== A worker is killed"
start_worker 0 killed --epochs=4; first=$!
start_worker 1 killed --epochs=4; second=$!
until grep -qs '^Epoch 2/' "$runs/killed_worker_0.log"; do
  kill -0 "$first" || { cat "$runs"/killed_worker_*.log >&2; exit 1; }
  sleep 0.2
done
kill -9 "$second"
wait "$second" 2> /dev/null || true
code=0
wait "$first" || code=$?
echo "The other one ends with code $code:"
tail -n 1 "$runs/killed_worker_0.log"
[ "$code" = 2 ]

echo "== Both are started again"
start_worker 0 killed --epochs=4; first=$!
start_worker 1 killed --epochs=4; second=$!
finish "$first" "$second" killed
grep -E '^(Continuing|Epoch)' "$runs/killed_worker_0.log"
