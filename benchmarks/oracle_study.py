"""Compares oracles by published accuracies of NAS-Bench-201.

  python benchmarks/oracle_study.py --benchmark_table=nats_bench_tss.csv \
      --output=oracles.json

Each oracle proposes architectures of `nas_bench_201`; their score is the
published accuracy. The searches that seed oracles lie in the directories of
--searches. The program prints the best accuracy after 10, 50 and 150 trials,
mean and standard deviation over seeds. It does not repeat runs that --output
holds already.
Keras Tuner's BayesianOptimization takes most of the time, and needs
keras-tuner[bayesian].
"""

import dataclasses
import json
import pathlib
import tempfile
from collections.abc import Callable

import keras_tuner
import numpy as np
from absl import flags

from darts_tf.config import app
from darts_tf.config.errors import InputError
from darts_tf.runs.atomic import atomic_write_json
from darts_tf.search_space import search_spaces
from darts_tf.tabular.nas_bench_201 import BenchmarkTable
from darts_tf.tuner import (
  ArchitectureOracle,
  Finding,
  declare_genotype,
  genotype_of,
)

_TABLE = flags.DEFINE_string(
  'benchmark_table', None, 'CSV file of published accuracies.', required=True
)
_DATASET = flags.DEFINE_string('dataset', 'cifar10', 'Column of the table.')
_SEARCHES = flags.DEFINE_string(
  'searches',
  'docs/results/study_collapse',
  'Directory of a study, whose searches seed oracles.',
)
_ARMS = flags.DEFINE_list(
  'arms',
  ['amended', 'second_order', 'beta_darts'],
  'Arms of the study; seeds of oracles take its seeds in turn.',
)
_SEEDS = flags.DEFINE_integer('seeds', 5, 'Seeds of each.', lower_bound=1)
_TRIALS = flags.DEFINE_multi_integer(
  'trials', [10, 50, 150], 'Numbers of trials after which the best is printed.'
)
_OUTPUT = flags.DEFINE_string('output', None, 'JSON file.', required=True)

_SPACE = 'nas_bench_201'
_OBJECTIVE = keras_tuner.Objective('accuracy', 'max')


@dataclasses.dataclass(frozen=True)
class Arm:
  """A way to choose architectures.

  Args:
    name: name in the table.
    oracle: makes the oracle of a seed.
  """

  name: str
  oracle: Callable[[int], keras_tuner.Oracle]


def _bayesian(seed: int) -> keras_tuner.Oracle:
  hyperparameters = keras_tuner.HyperParameters()
  declare_genotype(hyperparameters, search_spaces[_SPACE])
  return keras_tuner.oracles.BayesianOptimizationOracle(
    _OBJECTIVE,
    max(_TRIALS.value),
    hyperparameters=hyperparameters,
    seed=seed + 1,
  )


def _architectures(findings: list[list[Finding]]):
  return lambda seed: ArchitectureOracle(
    _SPACE,
    _OBJECTIVE,
    max(_TRIALS.value),
    findings[seed % len(findings)] if findings else (),
    seed=seed,
  )


def arms() -> list[Arm]:
  """Returns the oracles to compare."""
  result = [Arm('random', _architectures([]))]
  for name in _ARMS.value:
    paths = sorted(pathlib.Path(_SEARCHES.value, name).glob('seed_*'))
    if not paths:
      raise InputError(
        'No searches here; expected directories seed_0, seed_1, ….'
        f' Received: searches={_SEARCHES.value!r}, arms={name!r}'
      )
    findings = [Finding.load(path) for path in paths]
    result.append(
      Arm(
        f'seeded by one search, {name}', _architectures([[f] for f in findings])
      )
    )
    if len(findings) > 1:
      result.append(
        Arm(
          f'seeded by {len(findings)} searches, {name}',
          _architectures([findings]),
        )
      )
  return [*result, Arm("Keras Tuner's BayesianOptimization", _bayesian)]


def accuracies(oracle: keras_tuner.Oracle, table: BenchmarkTable) -> list:
  """Returns the published accuracy of each trial, in order."""
  space = search_spaces[_SPACE]
  found = []
  with tempfile.TemporaryDirectory() as directory:
    oracle._set_project_dir(directory, 'study')
    oracle.verbose = 0
    while True:
      trial = oracle.create_trial('tuner0')
      if trial.status != 'RUNNING':
        return found
      genotype = genotype_of(trial.hyperparameters.values, space)
      found.append(table.accuracy(genotype, _DATASET.value))
      oracle.update_trial(trial.trial_id, {'accuracy': found[-1]})
      trial.status = 'COMPLETED'
      oracle.end_trial(trial)


def line(name: str, runs: list[list[float]]) -> str:
  """Formats a row of the table: mean and deviation of the best so far."""
  cells = []
  for count in _TRIALS.value:
    best = [max(run[:count]) for run in runs]
    deviation = np.std(best, ddof=1) if len(best) > 1 else 0.0
    cells.append(f'{np.mean(best):.2f} ± {deviation:.2f}')
  return f'| {name} | {" | ".join(cells)} |'


def main(unused_argv: list[str]) -> None:
  """Runs all arms and prints the table."""
  table = BenchmarkTable.load(_TABLE.value)
  results = _earlier()
  heads = [f'{count} trials' for count in _TRIALS.value]
  print(f'| best accuracy after | {" | ".join(heads)} |')
  print(f'|---|{"---|" * len(heads)}')
  for arm in arms():
    runs = results.setdefault(arm.name, [])
    for seed in range(len(runs), _SEEDS.value):
      runs.append([round(a, 4) for a in accuracies(arm.oracle(seed), table)])
      atomic_write_json(_OUTPUT.value, results)
    print(line(arm.name, runs[: _SEEDS.value]), flush=True)


def _earlier() -> dict[str, list[list[float]]]:
  """Reads the runs in --output; returns none if there is no such file."""
  path = pathlib.Path(_OUTPUT.value)
  return json.loads(path.read_text()) if path.exists() else {}


if __name__ == '__main__':
  app.run(main)
