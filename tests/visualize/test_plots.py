import os
import subprocess
import sys

from absl.testing import absltest, parameterized
from example_cells import temporary_directory
from PIL import Image

from darts_tf.config.errors import InputError
from darts_tf.visualize import (
  draw_curves,
  draw_entropy,
  draw_trajectories,
  figure_png,
  save_figure,
)
from darts_tf.visualize.curves import curves_figure, entropy_figure
from darts_tf.visualize.figure import new_figure


def data(axes):
  return {
    line.get_label(): (list(line.get_xdata()), list(line.get_ydata()))
    for line in axes.lines
  }


class CurvesTest(parameterized.TestCase):
  def path(self, name='plot.png'):
    return os.path.join(temporary_directory(self), 'plots', name)

  def assert_png(self, path):
    with Image.open(path) as image:
      image.load()
      self.assertEqual(image.format, 'PNG')
      self.assertGreater(min(image.size), 100)

  def test_passes_over_what_is_absent(self):
    figure = curves_figure(
      [
        {'epoch': 0, 'train_loss': 2.0, 'validation_loss': 2.5},
        {'epoch': 1, 'train_loss': float('nan'), 'validation_loss': None},
        {'epoch': 2, 'train_loss': 1.0, 'validation_loss': 1.5},
      ]
    )
    loss, accuracy = figure.axes
    self.assertEqual(
      data(loss),
      {'train': ([0, 2], [2.0, 1.0]), 'validation': ([0, 2], [2.5, 1.5])},
    )
    self.assertEmpty(accuracy.lines)
    self.assertEqual(accuracy.texts[0].get_text(), 'not measured')

  @parameterized.parameters(
    ({'epoch': 0, 'train_loss': 2.0, 'train_accuracy': 0.1},), ({'epoch': 0},)
  )
  def test_one_epoch(self, row):
    path = self.path()
    self.assertEqual(draw_curves([row], path), path)
    self.assert_png(path)

  def test_entropy_and_skip_connections(self):
    metrics = [
      {
        'epoch': i,
        'entropy': {'normal': 2.0 - i, 'reduce': 2.0},
        'skip_connections': {'normal': i},
      }
      for i in range(3)
    ]
    entropy, skips = entropy_figure(metrics).axes
    self.assertEqual(data(entropy)['normal'], ([0, 1, 2], [2.0, 1.0, 0.0]))
    self.assertEqual(data(skips), {'normal': ([0, 1, 2], [0.0, 1.0, 2.0])})
    self.assert_png(draw_entropy(metrics, self.path()))

  def test_entropy_of_many_cells_and_of_none(self):
    many = {f'cell_{i:02d}': float(i) for i in range(9)}
    axes, _ = entropy_figure([{'epoch': 0, 'entropy': many}]).axes
    self.assertLen(axes.lines, 10)
    self.assertEqual(data(axes)['mean of 9 cells'], ([0], [4.0]))
    self.assertEqual(
      [text.get_text() for text in axes.get_legend().get_texts()],
      ['cell_00', 'cell_08', 'mean of 9 cells'],
    )
    self.assert_png(draw_entropy([{'epoch': 0, 'entropy': many}], self.path()))
    self.assert_png(draw_entropy([{'epoch': 0}], self.path()))

  @parameterized.parameters(draw_curves, draw_entropy)
  def test_no_epochs(self, draw):
    with self.assertRaisesRegex(InputError, 'at least one epoch'):
      draw([], self.path())

  def test_trajectories(self):
    paths = [
      {'label': 'first order', 'alpha': [2.0, 2.1, 2.0], 'w': [-2, 0, 2]},
      {
        'label': 'diverges',
        'alpha': [2.0, 1e9, float('nan')],
        'w': [-2, 1e9, float('inf')],
      },
    ]
    self.assert_png(draw_trajectories(paths, self.path()))

  @parameterized.parameters(
    ([], 'at least one'),
    (
      [{'label': 'x', 'alpha': [1, 2], 'w': [1]}],
      "label='x', alpha=2 values, w=1 values",
    ),
    ([{'label': 'x', 'alpha': [], 'w': []}], 'alpha=0 values'),
  )
  def test_bad_trajectories(self, paths, message):
    with self.assertRaisesRegex(InputError, message):
      draw_trajectories(paths, self.path())

  def test_figures_are_written_as_png_only(self):
    with self.assertRaisesRegex(InputError, "ends in .png.*path='a.jpg'"):
      save_figure(new_figure(1, 1), 'a.jpg')

  def test_equal_figures_give_equal_bytes(self):
    rows = [{'epoch': 0, 'train_loss': 2.0}]
    self.assertEqual(
      figure_png(curves_figure(rows)), figure_png(curves_figure(rows))
    )

  def test_needs_neither_pyplot_nor_tensorflow(self):
    code = (
      'import sys, darts_tf.visualize as v;'
      'v.alpha_heat_map([[0.5, 0.5]], ["e"], ["a", "b"], "t");'
      'print([m for m in ("matplotlib.pyplot", "tensorflow")'
      ' if m in sys.modules])'
    )
    result = subprocess.run(
      [sys.executable, '-c', code], capture_output=True, text=True, check=True
    )
    self.assertEqual(result.stdout.strip(), '[]')


if __name__ == '__main__':
  absltest.main()
