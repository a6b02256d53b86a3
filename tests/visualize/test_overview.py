"""Pictures of networks in which each cell has its own architecture."""

import dataclasses
import os

import numpy as np
from absl.testing import absltest, parameterized
from example_cells import temporary_directory
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from PIL import Image

from darts_tf.config.errors import InputError
from darts_tf.discretize import random_genotype
from darts_tf.genotype import CellGenotype, Genotype
from darts_tf.search_space import AMENDED_S2, S1
from darts_tf.visualize import draw_alphas, draw_cells
from darts_tf.visualize.overview import (
  alpha_overview,
  genotype_overview,
  mean_over_edges,
)
from darts_tf.visualize.palette import operation_colours

COLOURS = operation_colours(['skip_connect', 'sep_conv_3x3'])
SKIP, SEP = COLOURS['skip_connect'], COLOURS['sep_conv_3x3']


def squares(figure):
  """Column, row, width and colour of all rectangles."""
  return [
    (*patch.get_xy(), patch.get_width(), to_hex(patch.get_facecolor()))
    for patch in figure.axes[0].patches
    if isinstance(patch, Rectangle)
  ]


def names(figure):
  axes = figure.axes[0]
  return (
    [label.get_text() for label in axes.get_xticklabels()],
    [label.get_text() for label in axes.get_yticklabels()],
  )


class GenotypeOverviewTest(absltest.TestCase):
  def test_edges_down_and_cells_across(self):
    genotype = random_genotype(AMENDED_S2, 0, 6)
    figure = genotype_overview(genotype, AMENDED_S2.groups(6))
    columns, rows = names(figure)
    self.assertEqual(
      columns, ['00\n ', '01\n ', '02\n↓', '03\n ', '04\n↓', '05\n ']
    )
    self.assertEqual(
      rows, ['0→2', '1→2', '0→3', '2→3', '0→4', '3→4', '0→5', '4→5']
    )
    expected = {
      (x, y): COLOURS[edge.operation]
      for x, cell in enumerate(genotype.cells.values())
      for y, edge in enumerate(cell.edges)
    }
    found = {(int(x), int(y)): colour for x, y, _, colour in squares(figure)}
    self.assertEqual(found, expected)
    self.assertLen(figure.axes[0].texts, 48)
    self.assertEqual(
      {text.get_text() for text in figure.axes[0].texts}, {'skip', 'sep 3'}
    )

  def test_absent_and_parallel_edges(self):
    space = dataclasses.replace(AMENDED_S2)
    whole = random_genotype(space, 0, 3).cells['cell_00']
    both = CellGenotype(
      (('skip_connect', 0, 2), ('sep_conv_3x3', 0, 2), ('skip_connect', 2, 3)),
      (3,),
    )
    genotype = Genotype('amended_s2', {'cell_00': whole, 'cell_01': both})
    figure = genotype_overview(genotype, space.groups(2))
    second = [square for square in squares(figure) if square[0] >= 1]
    self.assertEqual([colour for *_, colour in second], [SKIP, SEP, SKIP])
    # Two operations of one pair of nodes share the square.
    self.assertAlmostEqual(second[0][2], second[2][2] / 2)

  def test_is_drawn_beside_the_cells_when_there_are_many(self):
    directory = temporary_directory(self)
    paths = draw_cells(random_genotype(AMENDED_S2, 0, 5), directory)
    self.assertLen(paths, 16)
    self.assertEqual(paths[-1], os.path.join(directory, 'cells.png'))
    with Image.open(paths[-1]) as image:
      image.load()
      self.assertGreater(image.size[0], image.size[1])
    self.assertLen(draw_cells(random_genotype(AMENDED_S2, 0, 4), directory), 12)


class AlphaOverviewTest(parameterized.TestCase):
  def weights(self, cells=5, epochs=None):
    draw = np.random.default_rng(0)
    shape = (8, 2) if epochs is None else (epochs, 8, 2)
    values = {
      f'cell_{i:02d}': draw.uniform(0.1, 1, shape) for i in range(cells)
    }
    return {g: v / v.sum(-1, keepdims=True) for g, v in values.items()}

  def test_squares_are_divided_as_the_weights_are(self):
    weights = self.weights()
    found = squares(alpha_overview(weights, AMENDED_S2, 'all'))
    self.assertLen(found, 5 * 8 * 2)
    whole = found[0][2] + found[1][2]
    for x, y, width, colour in found:
      share = weights[f'cell_{int(x):02d}'][int(y)]
      self.assertAlmostEqual(width / whole, share[[SKIP, SEP].index(colour)])

  def test_the_greatest_weight_stands_out(self):
    weights = self.weights()
    figure = alpha_overview(weights, AMENDED_S2, 'all')
    patches = figure.axes[0].patches
    full = [patch for patch in patches if patch.get_facecolor()[3] == 1]
    self.assertLen(full, len(patches) / 2)
    for patch in full:
      x, y = patch.get_xy()
      share = weights[f'cell_{int(x):02d}'][int(y)]
      self.assertEqual(
        to_hex(patch.get_facecolor()), (SKIP, SEP)[int(np.argmax(share))]
      )

  def test_many_groups_are_drawn_together(self):
    directory = temporary_directory(self)
    paths = draw_alphas(self.weights(), AMENDED_S2, directory)
    self.assertEqual(paths, [os.path.join(directory, 'alphas.png')])
    paths = draw_alphas(self.weights(3), AMENDED_S2, directory)
    self.assertLen(paths, 3)

  def test_means_over_edges(self):
    history = self.weights(epochs=4)
    means, operations = mean_over_edges(history, AMENDED_S2)
    self.assertEqual(means.shape, (4, 5, 2))
    self.assertEqual(operations, [('skip_connect', 'sep_conv_3x3')] * 5)
    np.testing.assert_allclose(means[:, 3], history['cell_03'].mean(1))

  def test_means_over_the_edges_that_have_the_operation(self):
    history = np.random.default_rng(0).random((2, 14, 2))
    means, operations = mean_over_edges(
      {'normal': history, 'reduce': history}, S1
    )
    for group, kind in enumerate(('normal', 'reduce')):
      for column, name in enumerate(operations[group]):
        values = [
          history[:, e, row.index(name)]
          for e, row in enumerate(S1.candidates[kind])
          if name in row
        ]
        np.testing.assert_allclose(means[:, group, column], np.mean(values, 0))
    # The normal cell has one operation less.
    self.assertTrue(np.isnan(means[:, 0, len(operations[0]) :]).all())

  @parameterized.parameters(alpha_overview, mean_over_edges)
  def test_wrong_weights(self, draw):
    title = () if draw is mean_over_edges else ('all',)
    wrong = np.ones((2, 7, 2)) if draw is mean_over_edges else np.ones((7, 2))
    with self.assertRaisesRegex(InputError, 'expected 7 names'):
      draw({'cell_00': wrong}, AMENDED_S2, *title)
    with self.assertRaisesRegex(InputError, "No such group.*group='normal'"):
      draw({'normal': wrong}, AMENDED_S2, *title)


if __name__ == '__main__':
  absltest.main()
