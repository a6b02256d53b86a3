import contextlib
import io
import pathlib

import numpy as np
import pytest
from absl.testing import absltest, parameterized
from programs import load_program

from darts_tf.config import app

_REFERENCE = pathlib.Path(__file__).parents[3] / 'shared' / 'reference'
_STORED = pathlib.Path(__file__).parents[1] / 'data' / 'reference'

# Numbers that depend on the running statistics of the first attack. They do
# not follow from the statistics in the file, from which the second attack
# follows to the last digit. Those of the stem are no mixture of the initial
# ones and of the two batches, so others have passed. Neither up to five
# passes of the two batches at the three mixing weights of the file, added to
# the stored statistics or taken back, nor six taken back, give the stored loss
# (the nearest is 1.5e-4 off).
_OF_OTHER_STATISTICS = (
  'adversarial/loss_before',
  'adversarial/loss_after',
  'adversarial/least_gradient',
  'adversarial/trace/normal',
  'adversarial/trace/reduce',
  'adversarial/perturbed/normal',
  'adversarial/perturbed/reduce',
)


def _path(name):
  for directory in (_REFERENCE, _STORED):
    path = directory / f'{name}.npz'
    if path.exists():
      return path
  raise absltest.SkipTest(f'{name}.npz is not there')


class CheckReferenceTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.program = load_program(self, 'check_reference', 'benchmarks')

  def check(self, *words):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
      code = app.call(self.program.main, ['check_reference', *map(str, words)])
    return code, out.getvalue(), err.getvalue()

  def copy(self, name, without=(), **changes):
    """Writes the arrays of a file anew, some of them changed or left out."""
    with np.load(_path(name)) as arrays:
      arrays = {
        key: array
        for key, array in arrays.items()
        if not key.startswith(tuple(without))
      }
    for key, change in changes.items():
      arrays[key] = change(arrays.get(key))
    path = pathlib.Path(self.create_tempdir().full_path) / 'copy.npz'
    np.savez(path, **arrays)
    return path

  @parameterized.parameters(
    ('pc_darts', ('mixture/output_stride_2', 'grad_beta/reduce')),
    (
      'gdas_darts',
      (
        'p_val/reduce',
        'grad_alpha_dense/normal (all candidates)',
        'grad_alpha/normal (selected only)',
        'grad_alpha/normal (masked)',
      ),
    ),
    ('gdas_nas201', ('grad_alpha_release (with a candidate that is 1)',)),
    ('snas', ('weights/reduce', 'grad_w/stem.0.weight')),
    ('fairdarts', ('grad_alpha_l1/normal', 'train_cross_entropy')),
    (
      'darts_minus',
      ('rate_0.5/grad_w/cells.1._ops.0.auxiliary_op.conv_1.weight',),
      ('rate_0.0', 'rate_1.0'),
    ),
    (
      'i_darts',
      ('without_none/weights/normal', 'without_none/val_logits'),
      ('with_none',),
    ),
    ('beta_darts', ('alpha_after_first_step', 'darts/regularizer/reduce')),
    ('network_parity_DARTS_V2', ('train_aux_logits', 'eval_logits')),
  )
  def test_all_numbers_agree(self, name, among, without=()):
    path = self.copy(name, without) if without else _path(name)
    code, out, err = self.check(path, '--edges=joined')
    self.assertEqual((code, err), (0, ''), out)
    self.assertNotIn('MISSED', out)
    for array in among:
      self.assertIn(f'  {array}\n', out)

  @parameterized.parameters('darts_minus', 'i_darts', 'search_parity')
  @pytest.mark.slow
  def test_all_numbers_of_long_files_agree(self, name):
    code, out, err = self.check(_path(name), '--edges=apart')
    self.assertEqual((code, err), (0, ''), out)
    self.assertNotIn('MISSED', out)

  def test_attacks(self):
    _, out, err = self.check(_path('sdarts'), '--edges=joined')
    self.assertEqual(err, '')
    missed = [line.split()[1] for line in out.splitlines() if ' MISSED' in line]
    self.assertContainsSubset(missed, _OF_OTHER_STATISTICS)
    for array in (
      'adversarial/trace/normal (with the signs of the trace)',
      'adversarial/perturbed/reduce (with the signs of the trace)',
      'adversarial/grad_weights/normal',
      'random/perturbed/normal',
      'fallen/loss_after',
      'fallen/normal (undisturbed)',
    ):
      self.assertIn(f'  {array}\n', out)

  @parameterized.parameters('gdas', 'drnas', 'drnas_partial')
  def test_not_covered(self, name):
    code, out, err = self.check(_path(name))
    self.assertEqual((code, err), (0, ''))
    self.assertIn('  not covered: ', out)
    self.assertIn('0 of 0 comparisons hold', out)

  def test_a_number_that_is_off(self):
    def raised(array):
      array = array.copy()
      array[2, 3] += 1e-5 * np.abs(array).max()
      return array

    path = self.copy('beta_darts', grad_alpha=raised)
    code, out, err = self.check(path)
    self.assertEqual((code, err), (1, ''))
    self.assertIn('1.0e-05  grad_alpha  MISSED, bound 1e-06\n', out)
    self.assertEqual(out.count('MISSED'), 1)
    self.assertEndsWith(out, 'missed: copy.npz: grad_alpha\n')
    code, out, _ = self.check(path, '--bound=1e-4')
    self.assertEqual(code, 0)
    self.assertNotIn('MISSED', out)

  def test_arrays_that_nothing_is_known_about(self):
    path = self.copy('beta_darts', grad_gamma=lambda _: np.ones(3))
    code, out, _ = self.check(path)
    self.assertEqual(code, 1)
    self.assertEndsWith(out, 'missed: copy.npz: grad_gamma\n')

  def test_shapes_and_numbers_that_are_none(self):
    path = self.copy(
      'beta_darts',
      grad_alpha=lambda array: array[:-1],
      val_loss=lambda _: np.array(np.nan),
    )
    code, out, _ = self.check(path)
    self.assertEqual(code, 1)
    self.assertIn('inf  grad_alpha  MISSED', out)
    self.assertIn('nan  val_loss  MISSED', out)

  def test_files_that_cannot_be_used(self):
    directory = pathlib.Path(self.create_tempdir().full_path)
    (directory / 'text.npz').write_text('no arrays')
    (directory / 'empty.npz').write_bytes(b'')
    np.save(directory / 'single.npy', np.ones(3))
    np.savez(directory / 'unknown.npz', alpha=np.ones((6, 5)))
    np.savez(directory / 'short.npz', regularizer=1.0, weight=1.0, N=1)
    for name, message in (
      ('absent.npz', 'There is no such file'),
      ('.', 'The file cannot be read'),
      ('text.npz', 'The file cannot be read'),
      ('empty.npz', 'The file cannot be read'),
      ('single.npy', 'The file cannot be read'),
      ('unknown.npz', 'those of no known kind; expected one of search_parity,'),
      ('short.npz', 'The file lacks an array'),
    ):
      code, _, err = self.check(directory / name)
      self.assertEqual(code, 2, name)
      self.assertStartsWith(err, 'error: ')
      self.assertIn(message, err)
      self.assertEqual(err.count('\n'), 1, err)

  def test_wrong_words(self):
    for words in ((), ('a.npz', '--bound=-1'), ('a.npz', '--edges=none')):
      code, out, err = self.check(*words)
      self.assertEqual((code, out), (2, ''))
      self.assertStartsWith(err, 'error: ')


if __name__ == '__main__':
  absltest.main()
