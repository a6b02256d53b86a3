import json
import pathlib
import shutil

import tiny_runs
from absl.testing import absltest, parameterized

import darts_tf
from darts_tf.config.errors import InputError, RunStateError
from darts_tf.runs.workdir import WorkDir
from darts_tf.search import SearchConfig
from darts_tf.search.config import added_defaults
from darts_tf.study.arm import parse_arms
from darts_tf.study.plan import Study, pin_study

_ROOT = pathlib.Path(darts_tf.__file__).parents[1]

COMMON = SearchConfig(search_space='nas_bench_201')


def study(arms, seeds=(0, 1), later=(), common=COMMON):
  return Study(common, parse_arms(arms), seeds, parse_arms(later))


class StudyTest(parameterized.TestCase):
  def test_order(self):
    searches = study(['first_order', 'amended'], (2, 0), ['random_search'])
    self.assertEqual(
      [(arm.name, seed) for arm, seed in searches.searches()],
      [
        ('first_order', 2),
        ('amended', 2),
        ('first_order', 0),
        ('amended', 0),
        ('random_search', 2),
        ('random_search', 0),
      ],
    )

  @parameterized.parameters(
    ([], (0,), 'at least one --arm'),
    (['amended'], (), 'each once'),
    (['amended'], (1, 1), "seeds='1,1'"),
    (['amended'], (-1,), r'Received: seed=-1 \(arm amended\)'),
    (['amended:eta=0'], (0,), r'eta=0.0 \(arm amended\)'),
    (['first_order:eta=1'], (0,), r'eta.*\(arm first_order\)'),
    (['random_search:num_samples=1'], (0,), 'Received: num_best=2'),
  )
  def test_refusals(self, arms, seeds, message):
    with self.assertRaisesRegex(InputError, message):
      study(arms, seeds)

  def test_a_name_twice(self):
    with self.assertRaisesRegex(InputError, "arm='amended'"):
      study(['amended'], later=['amended:eta=1'])


class PinTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.directory = WorkDir(tiny_runs.temporary_directory(self) / 'study')

  def pin(self, *args, **kwargs):
    pin_study(self.directory, study(*args, **kwargs))
    return json.loads(self.directory.config_path.read_text())

  def test_what_is_pinned(self):
    config = self.pin(
      ['amended', 'slow:alpha_learning_rate=1e-4'],
      later=['random_search:short_epochs=2'],
    )
    common = config['common']
    self.assertEqual((common['channels'], common['cells']), (16, 15))
    self.assertNoCommonElements(
      common, ['seed', 'gradient', 'eta', 'benchmark_table', 'data_dir']
    )
    arms = config['arms']
    self.assertEqual(
      arms['amended'],
      {
        'gradient': 'amended',
        'eta': 0.1,
        'difference_radius': 0.1,
        'discretization': 'argmax',
        'weight_portion': 0.5,
      },
    )
    self.assertEqual(
      arms['slow'],
      {
        'alpha_learning_rate': 1e-4,
        'gradient': 'first_order',
        'discretization': 'argmax',
        'weight_portion': 0.5,
      },
    )
    self.assertEqual(arms['random_search']['short_epochs'], 2)

  def test_recorded_studies_can_go_on(self):
    """The studies in the documentation go on, whatever options came since."""
    record = _ROOT / 'docs/results/study_collapse'
    values, arms = {}, {'arm': [], 'later_arm': []}
    for line in (
      (_ROOT / 'configs/study_collapse.flags').read_text().splitlines()
    ):
      if line.startswith('--'):
        name, value = line[2:].split('=', 1)
        if name in arms:
          arms[name].append(value)
        elif name not in ('workdir', 'seeds'):
          values[name] = int(value) if value.isdigit() else value
    whole = study(
      arms['arm'], (0, 1, 2), arms['later_arm'], SearchConfig(**values)
    )
    shutil.copytree(record, self.directory.path)
    before = self.directory.read_config()
    pin_study(self.directory, whole)
    self.assertEqual(self.directory.read_config(), before)
    runs = [
      (arm, seed, path)
      for arm, seed in whole.searches()
      if (path := record / arm.name / f'seed_{seed}/config.json').exists()
    ]
    self.assertGreater(len(runs), 20)
    for arm, seed, path in runs:
      self.assertEqual(
        WorkDir(path.parent).check(
          whole.configure(arm, seed).pinned(), added=added_defaults()
        ),
        [],
        path,
      )

  def test_what_is_equal_in_other_words(self):
    before = self.pin(['amended'])
    self.assertEqual(self.pin(['amended:eta=0.1,channels=16']), before)

  def test_arms_and_seeds_may_be_added_and_left_out(self):
    self.pin(['first_order'])
    config = self.pin(['amended'], seeds=(5,))
    self.assertEqual(list(config['arms']), ['first_order', 'amended'])
    self.assertEqual(self.pin(['first_order', 'amended']), config)

  def test_another_study_is_refused(self):
    before = self.pin(['amended'])
    for arguments, message in (
      ((['amended:eta=0.5'],), 'arms.amended.eta: was 0.1, now 0.5'),
      ((['amended:cutout=2'],), 'arms.amended.cutout: was absent, now 2'),
    ):
      with self.assertRaisesRegex(RunStateError, message):
        self.pin(*arguments)
    with self.assertRaisesRegex(RunStateError, 'common.epochs: was 50, now 3'):
      self.pin(['amended'], common=COMMON.replace(epochs=3))
    self.assertEqual(json.loads(self.directory.config_path.read_text()), before)

  def test_another_kind_of_run_is_refused(self):
    self.directory.pin(COMMON.pinned())
    with self.assertRaisesRegex(RunStateError, 'run of another kind'):
      self.pin(['amended'])


if __name__ == '__main__':
  absltest.main()
