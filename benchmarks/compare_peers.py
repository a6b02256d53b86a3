"""Measures this library in turn with PyTorch, and prints ratios.

  python benchmarks/compare_peers.py --peer_python=PYTHON_WITH_TORCH

Five kinds of work, see peer_cases.py. Each measurement is a process of its
own, with the same settings of the allocator. Both layouts of PyTorch run in
the first round; later rounds take the faster one. `torch.compile` is tried
once for each kind of work. With --output=FILE an interrupted comparison goes
on. See `scripts/benchmark_peers.sh`, which installs what both sides need.

  python benchmarks/compare_peers.py --tables

measures nothing, and writes the tables of docs/results/peers.json into
docs/performance.md and README.md.
"""

import pathlib

from absl import flags
from measuring import Results, measure
from peer_cases import CASES, Settings, compare
from peer_tables import full_table, write_pages

from darts_tf.config import app
from darts_tf.config.errors import InputError, ResourceError

_PYTHON = flags.DEFINE_string(
  'peer_python', None, 'Interpreter that has PyTorch.'
)
_ROUNDS = flags.DEFINE_integer('rounds', 3, 'How often all is measured.')
_STEPS = flags.DEFINE_integer('steps', 5, 'Steps that are timed each time.')
_COMPILE = flags.DEFINE_boolean(
  'compile', True, 'Whether torch.compile is measured, too.'
)
_COMPILE_LIMIT = flags.DEFINE_float(
  'compile_limit', 600, 'Seconds after which a compiled step is given up.'
)
_OUTPUT = flags.DEFINE_string(
  'output',
  None,
  'JSON file of all measurements; the rounds in it are not repeated.',
)
_TABLES = flags.DEFINE_boolean(
  'tables', False, 'Only write the tables of the documentation.'
)

_ROOT = pathlib.Path(__file__).parents[1]
COMMITTED = _ROOT / 'docs/results/peers.json'


def main(unused_argv: list[str]) -> None:
  """Measures and prints, or writes tables."""
  if _TABLES.value:
    write_pages(Results(_OUTPUT.value or str(COMMITTED)), _ROOT)
    return
  for flag in (_ROUNDS, _STEPS, _COMPILE_LIMIT):
    if flag.value < 1:
      raise InputError(
        f'Expected at least 1. Received: {flag.name}={flag.value:g}'
      )
  if not _PYTHON.value:
    raise InputError(
      'PyTorch has an interpreter of its own; expected the path of one that'
      ' can import it. Received: peer_python=None'
    )
  settings = Settings(
    _PYTHON.value,
    _ROUNDS.value,
    _STEPS.value,
    _COMPILE_LIMIT.value if _COMPILE.value else None,
  )
  results = Results(_OUTPUT.value)
  failed = compare(CASES, settings, results, measure)
  if any(results[str(case)] for case in CASES):
    print(f'\n{full_table(results)}')
  if failed:
    raise ResourceError(
      'Not all could be measured; expected each case to end. Received:'
      f' {"; ".join(f"{case}: {reason}" for case, reason in failed.items())}'
    )


if __name__ == '__main__':
  app.run(main)
