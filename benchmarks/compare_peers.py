"""Measures a search step in turn with eager PyTorch, and prints ratios.

  python benchmarks/compare_peers.py --peer_python=PYTHON_WITH_TORCH

Each measurement is a process of its own, with the same settings of the
allocator. Both layouts of PyTorch run in the first round; later rounds take
the faster one. With --output=FILE an interrupted comparison goes on. See
`scripts/benchmark_peers.sh`, which installs what both sides need.
"""

import dataclasses
import statistics
import sys
from typing import Any

from absl import flags
from measuring import Results, measure

from darts_tf.config import app
from darts_tf.config.errors import InputError

_PYTHON = flags.DEFINE_string(
  'peer_python', None, 'Interpreter that has PyTorch.', required=True
)
_ROUNDS = flags.DEFINE_integer('rounds', 3, 'How often all is measured.')
_STEPS = flags.DEFINE_integer('steps', 5, 'Steps that are timed each time.')
_OUTPUT = flags.DEFINE_string(
  'output',
  None,
  'JSON file of all measurements; the rounds in it are not repeated.',
)

_LAYOUTS = ('--channels_last', '')


@dataclasses.dataclass(frozen=True)
class Case:
  """A search whose step is measured.

  Args:
    order: `first` or `second` (by finite differences).
    channels: of the first cell.
    cells: number of cells.
    batch: images of a step.
    target: ratio of seconds a step that is aimed at.
  """

  order: str
  channels: int
  cells: int
  batch: int
  target: float

  def __str__(self) -> str:
    return f'{self.order} order {self.channels}/{self.cells}/{self.batch}'

  def ours(self) -> dict[str, Any]:
    """Measures this library."""
    return measure(
      [
        sys.executable,
        'bin/benchmark.py',
        f'--channels={self.channels}',
        f'--cells={self.cells}',
        f'--batch_size={self.batch}',
        f'--gradient={self.order}_order',
        f'--steps={_STEPS.value}',
      ]
    )

  def peer(self, layout: str) -> dict[str, Any]:
    """Measures PyTorch."""
    result = measure(
      [
        _PYTHON.value,
        'benchmarks/torch_darts_step.py',
        f'--channels={self.channels}',
        f'--cells={self.cells}',
        f'--batch={self.batch}',
        f'--order={self.order}',
        f'--steps={_STEPS.value}',
        *layout.split(),
      ]
    )
    return result | {'layout': layout}


CASES = (
  Case('first', 16, 8, 64, 0.55),
  Case('first', 8, 5, 32, 0.50),
  Case('second', 16, 8, 64, 0.55),
)


def measure_in_turn(case: Case, rounds: int, results: Results) -> None:
  """Measures both sides in turn.

  Args:
    case: what is measured.
    rounds: how often in all.
    results: receives a pair of `ours` and the `peer`, whose layout is the
      faster one, under the name of the case for each round.
  """
  for done in range(len(results[str(case)]), rounds):
    layouts = _LAYOUTS
    if done:
      layouts = (results[str(case)][0]['peer']['layout'],)
    ours = case.ours()
    peer = min(
      map(case.peer, layouts),
      key=lambda result: result['seconds_per_step_median'],
    )
    results.add(str(case), {'ours': ours, 'peer': peer})


def ratios(pairs: list[dict], field: str) -> list[float]:
  """Ours over the peer's number, one a round."""
  return [pair['ours'][field] / pair['peer'][field] for pair in pairs]


def _spread(values: list[float]) -> str:
  return (
    f'{min(values):.2f} | {statistics.median(values):.2f} | {max(values):.2f}'
  )


def table(results: Results) -> str:
  """All ratios as a table in Markdown."""
  lines = ['| | target | minimum | median | maximum |', '|---|---|---|---|---|']
  for case in CASES:
    spread = _spread(ratios(results[str(case)], 'seconds_per_step_median'))
    lines.append(f'| seconds a step, {case} | {case.target:g} | {spread} |')
  case = CASES[0]
  pairs = results[str(case)]
  lines.append(
    f'| peak memory, {case} | 0.75 | {_spread(ratios(pairs, "peak_rss_mib"))} |'
  )
  first = [pair['ours']['seconds_to_first_step'] for pair in pairs]
  lines.append(
    f'| seconds from start to the first step, {case} | 60 | {_spread(first)} |'
  )
  return '\n'.join(lines)


def main(unused_argv: list[str]) -> None:
  """Measures and prints."""
  if _ROUNDS.value < 1:
    raise InputError(f'Expected at least 1. Received: rounds={_ROUNDS.value}')
  results = Results(_OUTPUT.value)
  for case in CASES:
    print(case)
    measure_in_turn(case, _ROUNDS.value, results)
  version = results[str(CASES[0])][0]['peer']['torch']
  print(f'\nThis library over PyTorch {version}\n\n{table(results)}')


if __name__ == '__main__':
  app.run(main)
