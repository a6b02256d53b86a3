"""Measures the effect of the settings of a process on a search step.

  python benchmarks/process_settings.py --output=settings.json

All settings in turn, several rounds; each measurement is a process of its
own. The same command goes on with the rounds that are missing in --output.
"""

import os
import statistics
import sys

from absl import flags
from measuring import ALLOCATOR, Results, measure

from darts_tf.config import app

_ROUNDS = flags.DEFINE_integer(
  'rounds', 2, 'How often all is measured.', lower_bound=1
)
_STEPS = flags.DEFINE_integer(
  'steps', 10, 'Steps that are timed each time.', lower_bound=1
)
_OUTPUT = flags.DEFINE_string(
  'output', None, 'JSON file of the measurements.', required=True
)

_UNTUNED = {'DARTS_TF_TUNE': '0', 'TF_CPP_MIN_LOG_LEVEL': '3'}

# Name to the variables that make the setting.
SETTINGS = {
  'as the programs set it': {},
  'nothing set (`DARTS_TF_TUNE=0`)': _UNTUNED,
  'the allocator alone': {**_UNTUNED, **ALLOCATOR},
  'without oneDNN': {'TF_ENABLE_ONEDNN_OPTS': '0'},
  'all cores within each operation': {
    'TF_NUM_INTRAOP_THREADS': str(os.cpu_count())
  },
  'one operation at a time': {'TF_NUM_INTEROP_THREADS': '1'},
}
SIZES = {
  'darts 8/5/32': ('--channels=8', '--cells=5', '--batch_size=32'),
  'nas_bench_201 8/3/64, 16x16': (
    '--search_space=nas_bench_201',
    '--channels=8',
    '--cells=3',
    '--batch_size=64',
    '--image_size=16',
  ),
}
_COLUMNS = (
  ('seconds_per_step_median', '{:.3f}'),
  ('seconds_to_first_step', '{:.0f}'),
  ('peak_rss_mib', '{:,.0f}'),
)


def table(results: Results) -> str:
  """The median of all rounds, a line a size and setting."""
  lines = [
    '| search | setting | seconds a step | to the end of the first step'
    ' | peak memory, MiB |',
    '|---|---|---|---|---|',
  ]
  for size in SIZES:
    for setting in SETTINGS:
      measured = results[f'{size}, {setting}']
      cells = [
        form.format(statistics.median(m[name] for m in measured))
        for name, form in _COLUMNS
      ]
      lines.append(f'| {size} | {setting} | {" | ".join(cells)} |')
  return '\n'.join(lines)


def main(unused_argv: list[str]) -> None:
  """Measures and prints."""
  results = Results(_OUTPUT.value)
  for done in range(_ROUNDS.value):
    for size, options in SIZES.items():
      for setting, environment in SETTINGS.items():
        name = f'{size}, {setting}'
        if len(results[name]) > done:
          continue
        print(f'{name}:')
        results.add(
          name,
          measure(
            [
              sys.executable,
              'bin/benchmark.py',
              f'--steps={_STEPS.value}',
              '--gradient=first_order',
              *options,
            ],
            environment,
          ),
        )
  print(f'\n{table(results)}')


if __name__ == '__main__':
  app.run(main)
