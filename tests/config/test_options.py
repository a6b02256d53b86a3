import contextlib
import dataclasses
from unittest import mock

from absl import flags
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.config.options import (
  Options,
  config_from_flags,
  define_flags,
  option,
)
from darts_tf.runs.run_config import SHARED, RunConfig
from darts_tf.search.config import SearchConfig
from darts_tf.training.config import TrainConfig


@dataclasses.dataclass(frozen=True)
class Example(Options):
  name: str = option('a', 'A name.')
  kind: str = option('x', 'A kind.', choices=('x', 'long'))
  count: int = option(2, 'A count.', least=1, below=10)
  rate: float = option(0.5, 'A rate.', least=0)
  on: bool = option(False, 'A switch.')
  where: str | None = option(None, 'A place.', pinned=False)
  size: int | None = option(None, 'A size.', least=1)
  share: float | None = option(None, 'A share.', below=1)
  loud: bool | None = option(None, 'A choice.')


class OptionsTest(parameterized.TestCase):
  def parse(self, *words, define=(), **kwargs):
    values = flags.FlagValues()
    with contextlib.ExitStack() as stack:
      stack.enter_context(mock.patch.object(flags, 'FLAGS', values))
      real = {
        n: getattr(flags, n)
        for n in (
          'DEFINE_string',
          'DEFINE_integer',
          'DEFINE_float',
          'DEFINE_boolean',
          'DEFINE_enum',
        )
      }
      for name, function in real.items():
        stack.enter_context(
          mock.patch.object(
            flags, name, lambda *a, _f=function: _f(*a, flag_values=values)
          )
        )
      for arguments in define or [(Example,)]:
        define_flags(*arguments)
      values(['program', *words])
      return config_from_flags(Example, **kwargs)

  def test_defaults_survive(self):
    self.assertEqual(self.parse(), Example())

  def test_every_type(self):
    self.assertEqual(
      self.parse(
        '--name=b',
        '--kind=long',
        '--count=3',
        '--rate=1e-3',
        '--on',
        '--where=w',
        '--size=4',
        '--share=0.25',
        '--noloud',
      ),
      Example('b', 'long', 3, 1e-3, True, 'w', 4, 0.25, False),
    )
    self.assertIs(self.parse('--loud').loud, True)

  def test_prefix_and_shared_flags(self):
    config = self.parse(
      '--count=3',
      '--t_count=4',
      '--name=b',
      define=[(Example,), (Example, 't_', ('name',))],
      prefix='t_',
      shared=('name',),
    )
    self.assertEqual(config, Example('b', count=4))

  def test_other_defaults_and_values(self):
    config = self.parse(
      define=[(Example, '', ('size',), {'count': 7})], skip=('size',), rate=2.0
    )
    self.assertEqual(config, Example(count=7, rate=2.0))

  @parameterized.parameters('--kind=lon', '--count=x', '--rate=fast')
  def test_wrong_flags(self, word):
    with self.assertRaises(flags.IllegalFlagValueError):
      self.parse(word)

  @parameterized.parameters(
    (
      {'kind': 'lon'},
      'Unknown kind: expected one of long, x. Did you mean'
      " 'long'. Received: kind='lon'",
    ),
    (
      {'count': 0},
      'count is too small: expected at least 1. Received: count=0',
    ),
    (
      {'count': 10},
      'count is too large: expected less than 10. Received: count=10',
    ),
    ({'rate': float('nan')}, 'too small: .* Received: rate=nan'),
    ({'size': 0}, 'Received: size=0'),
    ({'share': 1.0}, 'Received: share=1.0'),
  )
  def test_wrong_values(self, changes, message):
    with self.assertRaisesRegex(InputError, message):
      Example(**changes)
    with self.assertRaisesRegex(InputError, message):
      Example().replace(**changes)

  def test_prefix_is_part_of_the_name_in_messages(self):
    with self.assertRaisesRegex(
      InputError, 'Received: count=0 [(]flag --t_count[)]'
    ):
      self.parse('--t_count=0', define=[(Example, 't_')], prefix='t_')

  def test_pinned(self):
    config = Example(where='here')
    self.assertNotIn('where', config.pinned())
    self.assertEqual(config.to_dict(), config.pinned() | {'where': 'here'})

  def test_seed_fits_all_generators(self):
    RunConfig(seed=2**32 - 1)
    with self.assertRaisesRegex(InputError, 'Received: seed=4294967296'):
      RunConfig(seed=2**32)

  @parameterized.parameters(SearchConfig, TrainConfig)
  def test_runs_share_their_data_and_devices(self, config):
    fields = {f.name for f in dataclasses.fields(config)}
    self.assertLessEqual(set(SHARED), fields)
    for field in dataclasses.fields(config):
      self.assertNotEmpty(field.metadata['help'], field.name)
    self.assertNotIn('data_dir', config().pinned())


if __name__ == '__main__':
  absltest.main()
