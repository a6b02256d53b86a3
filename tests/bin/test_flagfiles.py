"""Every flag file fits the program that its header names."""

import dataclasses
import pathlib
import re
import typing

from absl import flags
from absl.testing import absltest, parameterized

import darts_tf
from darts_tf import options
from darts_tf.data.tfds_source import import_tfds
from darts_tf.genotype import load_genotype
from darts_tf.limits import LimitConfig
from darts_tf.models.stem import stems
from darts_tf.run_config import SHARED
from darts_tf.schedule.learning_rate import LearningRate
from darts_tf.search import SearchConfig
from darts_tf.search.builder import resolve
from darts_tf.training import TrainConfig
from darts_tf.tuner.config import TuneConfig

ROOT = pathlib.Path(darts_tf.__file__).parents[1]
FILES = sorted(path.name for path in (ROOT / 'configs').glob('*.flags'))

_COMMAND = re.compile(
    r'^#   python bin/(\w+)\.py --flagfile=configs/(\S+)$', re.MULTILINE)
_PARTS = {
    'pipeline': ((LimitConfig, '', ()), (SearchConfig, '', ()),
                 (TrainConfig, 'train_', SHARED)),
    'search': ((SearchConfig, '', ()),),
    'study': ((SearchConfig, '', ()),),
    'train': ((TrainConfig, '', ()),),
    'tune': ((TuneConfig, '', ()), (SearchConfig, '', ()),
             (TrainConfig, 'train_', SHARED)),
}
_OTHERS = {'pipeline': {'workdir'}, 'search': {'workdir'},
           'study': {'workdir', 'arm', 'later_arm', 'seeds'},
           'train': {'workdir', 'genotype'},
           'tune': {'workdir', 'searches', 'vary', 'finished', 'curves',
                    'validation_split'}}
# Flags that may be repeated; tests of their programs look at them.
_REPEATED = {'arm', 'later_arm'}


def read(name):
  """Returns the program's name and the flags of a file."""
  path = ROOT / 'configs' / name
  (program, named), = _COMMAND.findall(path.read_text())
  assert named == name, f'{name} names {named}'
  words = flags.FlagValues().read_flags_from_files([f'--flagfile={path}'])
  pairs = [word.removeprefix('--').split('=', 1) for word in words]
  names = [pair[0] for pair in pairs if pair[0] not in _REPEATED]
  assert len(set(names)) == len(names), f'{name} repeats a flag'
  return program, dict(pairs)


def convert(config, field, text):
  """Returns a flag's value as absl would."""
  hint = options._type(field, typing.get_type_hints(config))
  if hint is bool:
    return {'true': True, 'false': False}[text]
  return hint(text)


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


class FlagFilesTest(parameterized.TestCase):

  def test_there_are_files(self):
    self.assertContainsSubset(
        {'digits.flags', 'cifar10_cpu.flags', 'darts_cifar10.flags',
         'course_search_first.flags'}, FILES)

  @parameterized.parameters(*FILES)
  def test_fits_its_program(self, name):
    program, values = read(name)
    made, rest = configurations(program, values)
    self.assertEmpty(rest)
    # Two files that share a directory would refuse each other.
    self.assertEqual(values['workdir'], f'runs/{name.split(".")[0]}')
    for config in made:
      if isinstance(config, LimitConfig):
        continue
      self.assertIn(config.stem, {'auto', *stems})
      if isinstance(config, SearchConfig):
        resolve(config)
      else:
        LearningRate(
            config.learning_rate_schedule, config.learning_rate,
            config.learning_rate_min, config.epochs, config.warmup_epochs,
            config.learning_rate_decay).at(config.epochs - 1)
      if config.dataset != 'digits':
        self.assertIn(config.dataset, import_tfds().list_builders())

  @parameterized.parameters(*FILES)
  def test_genotypes_are_published_or_written_by_another_file(self, name):
    program, values = read(name)
    if program != 'train':
      return
    workdirs = {read(other)[1]['workdir'] for other in FILES}
    path = pathlib.PurePosixPath(values['genotype'])
    if str(path.parent) not in workdirs:
      load_genotype(values['genotype'])
    else:
      self.assertEqual(path.name, 'genotype.json')

  def test_wrong_flags_would_be_noticed(self):
    made, rest = configurations('train', {'chanels': '8', 'epochs': '2'})
    self.assertEqual(rest, {'chanels'})
    self.assertEqual(made[0].epochs, 2)

  def test_published_recipes(self):
    config, = configurations(*read('course_search_first.flags'))[0]
    self.assertEqual(
        (config.epochs, config.batch_size, config.alpha_scale,
         config.crop_padding, config.learning_rate_min), (40, 64, 0, 0, 0))
    first, second = (
        read(f'darts_search_{order}.flags')[1] for order in (
            'first', 'second'))
    self.assertEqual({n for n in first if first[n] != second[n]},
                     {'gradient', 'workdir'})
    config, = configurations(*read('darts_cifar10.flags'))[0]
    self.assertEqual(
        (config.epochs, config.batch_size, config.channels, config.cells,
         config.cutout, config.auxiliary, config.drop_path),
        (600, 96, 36, 20, 16, True, 0.2))


if __name__ == '__main__':
  absltest.main()
