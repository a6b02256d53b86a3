"""Compares methods over several seeds.

  python bin/study.py --flagfile=configs/study_collapse.flags \
      --data_dir=DIR --benchmark_table=CSV

Each --arm is the name of a method, of an architecture gradient or of a
search strategy, or NAME:option=value,option=value with options of the
search. All other flags are common to all arms. The searches run one
at a time, each in a process of its own. The work directory receives
study.md (a table), study.png, study.json, and a directory for each search.
The same command continues a study that stopped.
"""

from absl import flags

from darts_tf.config import app
from darts_tf.system import process

process.tune()

from darts_tf.config.errors import InputError  # noqa: E402
from darts_tf.config.options import config_from_flags, define_flags  # noqa: E402
from darts_tf.search.config import SearchConfig  # noqa: E402

_WORKDIR = flags.DEFINE_string(
  'workdir', 'runs/study', 'Directory of the study.'
)
_ARM = flags.DEFINE_multi_string(
  'arm',
  [],
  'NAME or NAME:option=value,option=value; a name of an'
  ' architecture gradient stands for it. Repeated.',
)
_LATER_ARM = flags.DEFINE_multi_string(
  'later_arm', [], 'As --arm; done after all seeds of those. Repeated.'
)
_SEEDS = flags.DEFINE_string('seeds', '0,1,2', 'Seeds of each arm.')
_MINUTES = flags.DEFINE_float(
  'minutes',
  0,
  'After so many minutes no other search is started; 0 for no limit.',
)
define_flags(SearchConfig, skip=('seed',))


def main(unused_argv: list[str]) -> None:
  """Runs the study that the flags describe."""
  from darts_tf.study.arm import parse_arms
  from darts_tf.study.plan import Study
  from darts_tf.study.run import run_study

  study = Study(
    config_from_flags(SearchConfig, skip=('seed',)),
    parse_arms(_ARM.value),
    _seeds(),
    parse_arms(_LATER_ARM.value),
  )
  if run_study(study, _WORKDIR.value, _MINUTES.value):
    print(
      f'\nTable  {_WORKDIR.value}/study.md\nPlot   {_WORKDIR.value}/study.png'
    )


def _seeds() -> tuple[int, ...]:
  try:
    return tuple(int(seed) for seed in _SEEDS.value.split(','))
  except ValueError as error:
    raise InputError(
      'Seeds are whole numbers; expected, say, --seeds=0,1,2.'
      f' Received: seeds={_SEEDS.value!r}'
    ) from error


if __name__ == '__main__':
  app.run(main)
