"""Every flag file fits the program that its header names."""

import pathlib

from absl.testing import absltest, parameterized
from flag_files import FILES, configurations, read

from darts_tf.data.tfds_source import import_tfds
from darts_tf.genotype import load_genotype
from darts_tf.models.stem import stems
from darts_tf.pipeline.limits import LimitConfig
from darts_tf.schedule import LearningRate, PruneReplace
from darts_tf.search import SearchConfig
from darts_tf.search.resolve import resolve


class FlagFilesTest(parameterized.TestCase):
  def test_there_are_files(self):
    self.assertContainsSubset(
      {
        'digits.flags',
        'cifar10_cpu.flags',
        'train_cifar10.flags',
        'course_search_first.flags',
        'methods/prune_replace_cpu.flags',
      },
      FILES,
    )

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
          config.learning_rate_schedule,
          config.learning_rate,
          config.learning_rate_min,
          config.epochs,
          config.warmup_epochs,
          config.learning_rate_decay,
        ).at(config.epochs - 1)
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
    (config,) = configurations(*read('course_search_first.flags'))[0]
    self.assertEqual(
      (
        config.epochs,
        config.batch_size,
        config.alpha_scale,
        config.crop_padding,
        config.learning_rate_min,
      ),
      (40, 64, 0, 0, 0),
    )
    first, second = (
      read(f'darts_search_{order}.flags')[1] for order in ('first', 'second')
    )
    self.assertEqual(
      {n for n in first if first[n] != second[n]}, {'gradient', 'workdir'}
    )
    (config,) = configurations(*read('train_cifar10.flags'))[0]
    self.assertEqual(
      (
        config.epochs,
        config.batch_size,
        config.channels,
        config.cells,
        config.cutout,
        config.auxiliary,
        config.drop_path,
      ),
      (600, 96, 36, 20, 16, True, 0.2),
    )

    (config,) = configurations(*read('methods/prune_replace_search.flags'))[0]
    table = PruneReplace().to_dict()
    self.assertEqual(
      {name: getattr(config, name) for name in table}, dict(table)
    )
    self.assertEqual(
      (
        config.batch_size,
        config.max_batch_size,
        config.batch_multiple,
        config.learning_rate,
        config.learning_rate_min,
        config.alpha_learning_rate,
        config.alpha_scale,
      ),
      (24, 128, 8, 0.025, 0.01, 6e-4, 0),
    )

  def test_published_recipes_of_imagenet(self):
    small, large = (
      configurations(*read(f'train_imagenet_mobile{suffix}.flags'))[0][0]
      for suffix in ('', '_1024')
    )
    rates = lambda config: [
      LearningRate(
        config.learning_rate_schedule,
        config.learning_rate,
        config.learning_rate_min,
        config.epochs,
        config.warmup_epochs,
        config.learning_rate_decay,
      ).at(epoch)
      for epoch in (0, 4, 5, 249)
    ]
    self.assertSequenceAlmostEqual(
      rates(small), [0.1, 0.1 * 0.97**4, 0.1 * 0.97**5, 0.1 * 0.97**249]
    )
    self.assertSequenceAlmostEqual(rates(large), [0.1, 0.5, 0.5, 0.5 / 245])
    self.assertEqual((small.batch_size, large.batch_size), (128, 1024))
    differing = {
      name
      for name, value in small.to_dict().items()
      if value != large.to_dict()[name]
    }
    self.assertEqual(
      differing,
      {
        'batch_size',
        'learning_rate',
        'learning_rate_schedule',
        'warmup_epochs',
        'learning_rate_decay',
      },
    )
    self.assertEqual(
      (
        small.dataset,
        small.image_size,
        small.epochs,
        small.channels,
        small.cells,
        small.weight_decay,
        small.label_smoothing,
        small.clip_norm,
        small.auxiliary_weight,
        small.drop_path,
      ),
      ('imagenet2012', 224, 250, 48, 14, 3e-5, 0.1, 5, 0.4, 0),
    )


if __name__ == '__main__':
  absltest.main()
