"""Each published method: its parts, its published defaults, its size."""

import ast
import pathlib

from absl.testing import absltest, parameterized

import darts_tf
from darts_tf.architecture_gradient import FirstOrder, OneLevel, SecondOrder
from darts_tf.discretize import discretizations
from darts_tf.layers.form import SupernetForm
from darts_tf.methods import methods
from darts_tf.methods.table import COLUMNS, method_table
from darts_tf.penalty import BetaDecay, ZeroOne, penalties
from darts_tf.relaxation import (
  EdgeNormalized,
  Gumbel,
  HardGumbel,
  NodeSoftmax,
  Sigmoid,
  Softmax,
)
from darts_tf.schedule import PruneReplace, schedules
from darts_tf.search import SearchConfig
from darts_tf.search.composition import compose
from darts_tf.search.resolve import resolve
from darts_tf.search_space import search_spaces
from darts_tf.step import Alternating, Joint, Perturbed
from darts_tf.stopping import EigenvalueGrowth, SkipConnections, StableRanking

_ROOT = pathlib.Path(darts_tf.__file__).parents[1]

# Method to arXiv id, parts other than those of DARTS, and settings.
PUBLISHED = {
  'darts': (
    '1806.09055',
    {},
    {
      'epochs': 50,
      'batch_size': 64,
      'learning_rate': 0.025,
      'learning_rate_min': 0.001,
      'weight_decay': 3e-4,
      'clip_norm': 5.0,
      'alpha_learning_rate': 3e-4,
      'alpha_beta_1': 0.5,
      'alpha_weight_decay': 1e-3,
      'alpha_scale': 1e-3,
      'grace_epochs': 0,
      'weight_portion': 0.5,
    },
  ),
  'beta_darts': (
    '2203.01665',
    {'penalties': (BetaDecay(50.0),)},
    {'epochs': 100, 'alpha_weight_decay': 1e-3},
  ),
  'prune_replace': (
    '1906.07528',
    {'schedule': PruneReplace()},
    {'epochs': 100, 'alpha_scale': 0.0, 'discretization': 'skip_limited'},
  ),
  'snas': (
    '1812.09926',
    {'relaxation': Gumbel(1.0, 0.03), 'gradient': OneLevel(), 'step': Joint()},
    {
      'epochs': 150,
      'alpha_mean': 1.0,
      'alpha_scale': 0.01,
      'alpha_optimizer': 'sgd',
      'alpha_clip_norm': 10.0,
      'drop_path': 0.3,
      'discretization': 'argmax',
    },
  ),
  'gdas': (
    '1910.04465',
    {
      'relaxation': HardGumbel(10.0, 0.1),
      'form': SupernetForm(paths='selected'),
      'step': Alternating('weights_first'),
    },
    {'epochs': 250, 'nesterov': True, 'weight_decay': 5e-4},
  ),
  'pc_darts': (
    '1907.05737',
    {'relaxation': EdgeNormalized(), 'form': SupernetForm(partial_channels=4)},
    {
      'epochs': 50,
      'batch_size': 256,
      'learning_rate': 0.1,
      'learning_rate_min': 0.0,
      'alpha_learning_rate': 6e-4,
      'grace_epochs': 15,
    },
  ),
  'i_darts': (
    None,
    {'relaxation': NodeSoftmax()},
    {'epochs': 50, 'discretization': 'best_pairs'},
  ),
  'fair_darts': (
    '1911.12126',
    {'relaxation': Sigmoid(), 'penalties': (ZeroOne(10.0),)},
    {
      'epochs': 50,
      'batch_size': 128,
      'learning_rate': 0.005,
      'alpha_learning_rate': 3e-3,
      'alpha_beta_1': 0.9,
      'alpha_scale': 0.0,
      'discretization': 'threshold',
    },
  ),
  'darts_plus': (
    '1909.06035',
    {'stops': (SkipConnections(2), StableRanking(10))},
    {'epochs': 50},
  ),
  'r_darts': (
    '1909.09656',
    {'gradient': SecondOrder(), 'stops': (EigenvalueGrowth(1.3, 5, 4, 10),)},
    {'epochs': 50, 'eigenvalue_every': 2},
  ),
  'sdarts_rs': (
    '2002.05283',
    {'step': Perturbed(perturbation='random')},
    {'epochs': 50, 'radius_start': 0.03, 'radius_end': 0.3},
  ),
  'sdarts_adv': (
    '2002.05283',
    {'step': Perturbed(perturbation='adversarial')},
    {'epochs': 50, 'attack_steps': 7},
  ),
  'darts_minus': (
    '2009.01027',
    {'form': SupernetForm(auxiliary_skip=True, auxiliary_decay='linear')},
    {'epochs': 50},
  ),
}
_PLAIN = {
  'relaxation': Softmax(),
  'gradient': FirstOrder(),
  'penalties': (),
  'form': SupernetForm(),
  'step': Alternating(),
  'stops': (),
}


class MethodsTest(parameterized.TestCase):
  def test_all_are_here(self):
    self.assertContainsSubset(PUBLISHED, methods)
    files = {p.stem for p in (_ROOT / 'darts_tf/methods').glob('*.py')}
    files -= {'__init__', 'method', 'table'}
    for name in files:
      self.assertTrue(any(key.startswith(name) for key in PUBLISHED), name)

  @parameterized.parameters(*PUBLISHED)
  def test_parts_and_published_defaults(self, name):
    arxiv, parts, settings = PUBLISHED[name]
    method = methods[name]
    self.assertEqual(method.arxiv, arxiv)
    self.assertTrue(arxiv or method.source)
    self.assertIn(method.space, search_spaces)
    config = SearchConfig(method=name, search_space=method.space)
    composition = compose(config)
    for axis, expected in {**_PLAIN, **parts}.items():
      self.assertEqual(getattr(composition, axis), expected, axis)
    resolved = resolve(config)
    for option, value in settings.items():
      self.assertEqual(getattr(resolved, option), value, option)
    # What is resolved stands for the same search.
    self.assertEqual(resolve(resolved), resolved)
    self.assertEqual(compose(resolved), composition)

  @parameterized.parameters(*PUBLISHED)
  def test_flag_files(self, name):
    directory = _ROOT / 'configs' / 'methods'
    if name == 'darts':
      return  # Has several, one directory above.
    published = directory / f'{name}.flags'
    if not published.exists():
      published = directory / f'{name}_search.flags'
    for path in (published, directory / f'{name}_cpu.flags'):
      self.assertIn(f'--method={name}\n', path.read_text())

  def test_methods_are_small(self):
    for path in (_ROOT / 'darts_tf/methods').glob('*.py'):
      if path.stem not in ('__init__', 'method', 'table'):
        lines = path.read_text().splitlines()
        self.assertLessEqual(len(lines), 40, path.name)

  def test_names_of_methods_stand_nowhere_else(self):
    # Names that spaces, rules or schedules have, too, say nothing.
    others = {*search_spaces, *discretizations, *schedules, *penalties}
    names = set(PUBLISHED) - others
    self.assertGreater(len(names), 8)
    for root in ('darts_tf', 'bin', 'scripts'):
      for path in (_ROOT / root).rglob('*.py'):
        if 'methods' in path.parts:
          continue
        found = names & set(_strings(ast.parse(path.read_text())))
        self.assertEmpty(found, path)

  def test_table(self):
    lines = method_table('github').splitlines()
    self.assertLen(lines, 2 + len(methods))
    self.assertEqual(
      [cell.strip() for cell in lines[0].strip('|').split('|')], list(COLUMNS)
    )


def _strings(tree):
  """The constants of a module that are no docstrings."""
  docstrings = {
    id(node.body[0].value)
    for node in ast.walk(tree)
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    and node.body
    and isinstance(node.body[0], ast.Expr)
  }
  for node in ast.walk(tree):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
      if id(node) not in docstrings:
        yield node.value


if __name__ == '__main__':
  absltest.main()
