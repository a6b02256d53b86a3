"""Measures a search step in turn with eager PyTorch, and prints ratios.

  python benchmarks/compare_peers.py --peer_python=PYTHON_WITH_TORCH

Each measurement is a process of its own, with the same settings of the
allocator. Both layouts of PyTorch run in the first round; later rounds take
the faster one. See `scripts/benchmark_peers.sh`, which installs what both
sides need.
"""

import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
from typing import Any

from absl import flags

from darts_tf import app
from darts_tf.atomic import atomic_write_json
from darts_tf.errors import InputError

_PYTHON = flags.DEFINE_string(
    'peer_python', None, 'Interpreter that has PyTorch.', required=True)
_ROUNDS = flags.DEFINE_integer('rounds', 3, 'How often all is measured.')
_STEPS = flags.DEFINE_integer('steps', 5, 'Steps that are timed each time.')
_OUTPUT = flags.DEFINE_string(
    'output', None, 'JSON file that receives all measurements.')

_ROOT = pathlib.Path(__file__).parents[1]
# What darts_tf.process sets by itself.
_ALLOCATOR = {
    'MALLOC_MMAP_MAX_': '0', 'MALLOC_TRIM_THRESHOLD_': '100000000000',
    'MALLOC_TOP_PAD_': '268435456', 'MALLOC_ARENA_MAX': '2'}


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
    return _run([
        sys.executable, 'bin/benchmark.py', f'--channels={self.channels}',
        f'--cells={self.cells}', f'--batch_size={self.batch}',
        f'--gradient={self.order}_order', f'--steps={_STEPS.value}'])

  def peer(self, layout: tuple[str, ...]) -> dict[str, Any]:
    """Measures PyTorch."""
    return _run([
        _PYTHON.value, 'benchmarks/torch_darts_step.py',
        f'--channels={self.channels}', f'--cells={self.cells}',
        f'--batch={self.batch}', f'--order={self.order}',
        f'--steps={_STEPS.value}', *layout])


CASES = (
    Case('first', 16, 8, 64, 0.55),
    Case('first', 8, 5, 32, 0.50),
    Case('second', 16, 8, 64, 0.55),
)
LAYOUTS = (('--channels_last',), ())


def _run(command: list[str]) -> dict[str, Any]:
  done = subprocess.run(
      command, cwd=_ROOT, text=True, capture_output=True,
      env={**os.environ, **_ALLOCATOR})
  if done.returncode:
    raise InputError(
        'A measurement failed; expected a line of JSON.'
        f' Received: {" ".join(command)}: {done.stderr.strip()[-300:]}')
  result = json.loads(done.stdout.splitlines()[-1])
  print(f'  {result["seconds_per_step_median"]:8.3f} s a step,'
        f' {result["peak_rss_mib"]:6d} MiB  {" ".join(command[1:])}',
        flush=True)
  return result


def measure(case: Case, rounds: int) -> dict[str, list]:
  """Measures both sides in turn.

  Args:
    case: what is measured.
    rounds: how often.

  Returns:
    The measurements of `ours` and of the `peer`, one a round; the peer's
    are those of its faster layout.
  """
  ours, peers = [], []
  layouts = LAYOUTS
  for _ in range(rounds):
    ours.append(case.ours())
    results = {layout: case.peer(layout) for layout in layouts}
    best = min(
        results, key=lambda k: results[k]['seconds_per_step_median'])
    layouts = (best,)
    peers.append(results[best])
  return {'ours': ours, 'peer': peers}


def ratios(results: dict[str, list], field: str) -> list[float]:
  """Ours over the peer's number, one a round, sorted."""
  return sorted(
      a[field] / b[field]
      for a, b in zip(results['ours'], results['peer'], strict=True))


def _spread(values: list[float]) -> str:
  return (f'{min(values):.2f} | {statistics.median(values):.2f}'
          f' | {max(values):.2f}')


def table(measured: dict[Case, dict[str, list]]) -> str:
  """All ratios as a table in Markdown."""
  lines = ['| | target | minimum | median | maximum |',
           '|---|---|---|---|---|']
  for case, results in measured.items():
    lines.append(
        f'| seconds a step, {case} | {case.target:g} |'
        f' {_spread(ratios(results, "seconds_per_step_median"))} |')
  case = CASES[0]
  lines.append(f'| peak memory, {case} | 0.75 |'
               f' {_spread(ratios(measured[case], "peak_rss_mib"))} |')
  first = [r['seconds_to_first_step'] for r in measured[case]['ours']]
  lines.append(
      f'| seconds from start to the first step, {case} | 60 |'
      f' {_spread(first)} |')
  return '\n'.join(lines)


def main(unused_argv: list[str]) -> None:
  """Measures and prints."""
  if _ROUNDS.value < 1:
    raise InputError(
        f'Expected at least 1. Received: rounds={_ROUNDS.value}')
  measured = {}
  for case in CASES:
    print(case)
    measured[case] = measure(case, _ROUNDS.value)
  print(f'\nThis library over PyTorch {measured[CASES[0]]["peer"][0]["torch"]}'
        f'\n\n{table(measured)}')
  if _OUTPUT.value:
    atomic_write_json(pathlib.Path(_OUTPUT.value), {
        str(case): results for case, results in measured.items()})


if __name__ == '__main__':
  app.run(main)
