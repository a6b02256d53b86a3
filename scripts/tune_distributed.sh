#!/usr/bin/env bash
# A tuner run by one chief and two workers on this machine:
#
#   bash scripts/tune_distributed.sh
#
# The chief hands out six trials. One worker is killed in the middle of its
# first trial; started again under its name, it goes on with that trial. The
# run and its logs are in runs/tune_distributed, or in the directory given.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/environment.sh
prepare_environment tuner

runs="${1:-runs/tune_distributed}"
rm -rf "$runs"
mkdir -p "$runs"

# A port that nobody uses now.
export KERASTUNER_ORACLE_IP=127.0.0.1
KERASTUNER_ORACLE_PORT="$(python - <<'PYTHON'
import socket

with socket.create_server(('127.0.0.1', 0)) as server:
  print(server.getsockname()[1])
PYTHON
)"
export KERASTUNER_ORACLE_PORT

# start NAME: the chief or a worker, in the background.
start() {
  KERASTUNER_TUNER_ID="$1" python bin/tune.py \
    --flagfile=configs/tune_digits.flags --max_trials=6 \
    --workdir="$runs/project" >> "$runs/$1.log" 2>&1 &
}

echo "== One chief, two workers"
start chief; chief=$!
start tuner0; first=$!
start tuner1; second=$!

echo "== tuner1 is killed in its first trial"
until compgen -G "$runs/project/trial_*/search/metrics.jsonl" > /dev/null &&
    grep -qs 'Epoch' "$runs/tuner1.log"; do
  kill -0 "$second" || { cat "$runs"/*.log >&2; exit 1; }
  sleep 0.2
done
kill -9 "$second"
wait "$second" 2> /dev/null || true

echo "== tuner1 is started again and goes on with its trial"
start tuner1; second=$!
for process in "$first" "$second" "$chief"; do
  wait "$process" || { cat "$runs"/*.log >&2; exit 1; }
done
grep -hE '^Continuing' "$runs/tuner1.log"
sed -n '/^Trial  validation/,$p' "$runs/chief.log"
