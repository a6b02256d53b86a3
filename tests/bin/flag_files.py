"""The flag files of `configs/`, read without the programs."""

import dataclasses
import pathlib
import re

from absl import flags

import darts_tf
from darts_tf.config import options
from darts_tf.pipeline.limits import LimitConfig
from darts_tf.runs.run_config import SHARED
from darts_tf.search import SearchConfig
from darts_tf.training import TrainConfig
from darts_tf.tuner.config import TuneConfig

ROOT = pathlib.Path(darts_tf.__file__).parents[1]
FILES = sorted(
  path.relative_to(ROOT / 'configs').as_posix()
  for path in (ROOT / 'configs').rglob('*.flags')
)

_COMMAND = re.compile(
  r'^#   python bin/(\w+)\.py --flagfile=configs/(\S+)$', re.MULTILINE
)
_PARTS = {
  'pipeline': (
    (LimitConfig, '', ()),
    (SearchConfig, '', ()),
    (TrainConfig, 'train_', SHARED),
  ),
  'search': ((SearchConfig, '', ()),),
  'study': ((SearchConfig, '', ()),),
  'train': ((TrainConfig, '', ()),),
  'tune': (
    (TuneConfig, '', ()),
    (SearchConfig, '', ()),
    (TrainConfig, 'train_', SHARED),
  ),
}
_OTHERS = {
  'pipeline': {'workdir', 'export_formats'},
  'search': {'workdir'},
  'study': {'workdir', 'arm', 'later_arm', 'seeds'},
  'train': {'workdir', 'genotype', 'export_formats'},
  'tune': {
    'workdir',
    'searches',
    'vary',
    'finished',
    'curves',
    'validation_split',
  },
}
# Flags that may be repeated; tests of their programs look at them.
_REPEATED = {'arm', 'later_arm'}


def read(name):
  """Returns the program's name and the flags of a file."""
  path = ROOT / 'configs' / name
  ((program, named),) = _COMMAND.findall(path.read_text())
  assert named == name, f'{name} names {named}'
  words = flags.FlagValues().read_flags_from_files([f'--flagfile={path}'])
  pairs = [word.removeprefix('--').split('=', 1) for word in words]
  names = [pair[0] for pair in pairs if pair[0] not in _REPEATED]
  assert len(set(names)) == len(names), f'{name} repeats a flag'
  return program, dict(pairs)


def convert(config, field, text):
  """Returns a flag's value as absl would."""
  kind = options.option_types(config)[field.name]
  return options.parse_option(field.name, kind, text)


def configurations(program, values):
  """Returns the configurations of a program, and flags that it lacks."""
  rest = set(values) - _OTHERS[program]
  made = []
  for config, prefix, shared in _PARTS[program]:
    chosen = {}
    for field in dataclasses.fields(config):
      name = field.name if field.name in shared else prefix + field.name
      if name in values:
        chosen[field.name] = convert(config, field, values[name])
        rest.discard(name)
    made.append(config(**chosen))
  return made, rest
