import dataclasses
import os

import numpy as np
from absl.testing import absltest, parameterized
from example_cells import temporary_directory
from PIL import Image

from darts_tf.config.errors import InputError
from darts_tf.search_space import COURSE, NAS_BENCH_201, S1
from darts_tf.visualize import (
  alpha_evolution,
  alpha_heat_map,
  draw_alphas,
  edge_names,
)


def weights(*shape):
  values = np.random.default_rng(0).uniform(0.01, 1, shape)
  return values / values.sum(-1, keepdims=True)


def texts(figure):
  return {text.get_text(): text for text in figure.axes[0].texts}


class HeatMapTest(parameterized.TestCase):
  def test_prints_values_and_marks_the_greatest(self):
    figure = alpha_heat_map(
      np.array([[0.25, 0.75], [0.9, 0.1]]),
      ['0→2', '1→2'],
      ['none', 'skip_connect'],
      'normal',
    )
    found = texts(figure)
    self.assertCountEqual(found, ['0.25', '0.75', '0.90', '0.10'])
    self.assertEqual(found['0.75'].get_position(), (1, 0))
    self.assertEqual(found['0.75'].get_fontweight(), 'bold')
    self.assertNotEqual(found['0.25'].get_fontweight(), 'bold')
    axes = figure.axes[0]
    self.assertEqual(
      [label.get_text() for label in axes.get_xticklabels()],
      ['none', 'skip_connect'],
    )
    self.assertEqual(
      [label.get_text() for label in axes.get_yticklabels()], ['0→2', '1→2']
    )

  def test_close_weights_get_a_third_digit(self):
    figure = alpha_heat_map(np.array([[0.249, 0.251]]), ['0→2'], ['a', 'b'], '')
    self.assertCountEqual(texts(figure), ['0.249', '0.251'])

  def test_edges_with_their_own_candidates_share_columns(self):
    figure = alpha_heat_map(
      np.array([[0.3, 0.7], [1.0, 0.5]]),
      ['0→2', '1→2'],
      [['a', 'b'], ['b']],
      '',
    )
    found = texts(figure)
    # The second weight of the second edge belongs to no candidate.
    self.assertCountEqual(found, ['0.30', '0.70', '1.00'])
    self.assertEqual(found['1.00'].get_position(), (1, 1))

  def test_lists_of_s1(self):
    figure = alpha_heat_map(
      np.full((14, 2), 0.5), edge_names(S1), S1.candidates['reduce'], ''
    )
    axes = figure.axes[0]
    # One order for all cells, that of the lists of DARTS.
    self.assertEqual(
      [label.get_text() for label in axes.get_xticklabels()],
      [
        'max_pool_3x3',
        'avg_pool_3x3',
        'skip_connect',
        'sep_conv_3x3',
        'dil_conv_3x3',
        'dil_conv_5x5',
      ],
    )
    (image,) = axes.images
    self.assertEqual(np.ma.getmaskarray(image.get_array()).sum(), 14 * 4)
    # What is not there looks like the paper.
    self.assertEqual(tuple(image.get_cmap()(np.ma.masked)), (1, 1, 1, 1))
    self.assertLen(axes.texts, 28)

  def test_many_own_candidates_are_named_in_the_cells(self):
    names = [[f'{edge}_{i}' for i in range(4)] for edge in range(5)]
    figure = alpha_heat_map(weights(5, 4), list('12345'), names, '')
    found = texts(figure)
    self.assertLen(found, 20)
    self.assertTrue(any(text.startswith('3_2\n') for text in found))

  @parameterized.parameters(
    (np.zeros((2, 2)), ['0→2'], ['a', 'b'], r'2 names.*edge_names='),
    (np.zeros((1, 2)), ['0→2'], ['a'], r'shape=\(1, 2\).*candidates=1'),
    (np.zeros((2, 1)), ['a', 'b'], [['a']], r'edges=1'),
    (np.zeros(2), ['0→2'], ['a', 'b'], r'\(edges, candidates\).*\(2,\)'),
  )
  def test_wrong_shapes(self, values, edges, candidates, message):
    with self.assertRaisesRegex(InputError, message):
      alpha_heat_map(values, edges, candidates, '')

  def test_draw_alphas_writes_a_picture_a_group(self):
    directory = os.path.join(temporary_directory(self), 'plots')
    edges = len(COURSE.topology.edges)
    paths = draw_alphas(
      {'normal': weights(edges, 8), 'reduce': np.full((edges, 8), 0.125)},
      COURSE,
      directory,
    )
    self.assertEqual(
      paths,
      [
        os.path.join(directory, f'alphas_{kind}.png')
        for kind in ('normal', 'reduce')
      ],
    )
    for path in paths:
      with Image.open(path) as image:
        image.load()
        self.assertGreater(min(image.size), 100)

  def test_cells_that_are_not_shared(self):
    space = dataclasses.replace(NAS_BENCH_201, shared_cells=False)
    directory = temporary_directory(self)
    draw_alphas(
      {'cell_00': weights(6, 5), 'cell_01': weights(6, 5)}, space, directory
    )
    self.assertCountEqual(
      os.listdir(directory), ['alphas_cell_00.png', 'alphas_cell_01.png']
    )

  def test_unknown_group(self):
    with self.assertRaisesRegex(InputError, "normal.*group='reduce'"):
      draw_alphas({'reduce': weights(6, 5)}, NAS_BENCH_201, '/nowhere')

  def test_edge_names(self):
    self.assertEqual(
      edge_names(NAS_BENCH_201), ('0→1', '0→2', '1→2', '0→3', '1→3', '2→3')
    )


class EvolutionTest(parameterized.TestCase):
  @parameterized.parameters(1, 7)
  def test_one_panel_an_edge_and_one_legend(self, epochs):
    history = weights(epochs, 7, 3)
    figure = alpha_evolution(
      history, list('abcdefg'), ['none', 'skip_connect', 'mine'], 'normal'
    )
    panels = [axes for axes in figure.axes if axes.get_visible()]
    self.assertEqual([axes.get_title() for axes in panels], list('abcdefg'))
    np.testing.assert_array_equal(
      panels[2].lines[1].get_ydata(), history[:, 2, 1]
    )
    self.assertLen(figure.legends, 1)
    self.assertLen(figure.legends[0].get_texts(), 3)
    figure.canvas.draw()
    colours = {line.get_color() for line in panels[0].lines}
    self.assertLen(colours, 3)

  def test_edges_with_their_own_candidates(self):
    figure = alpha_evolution(
      weights(4, 2, 2), ['0→2', '1→2'], [['a', 'b'], ['b']], ''
    )
    self.assertLen(figure.axes[1].lines, 1)
    self.assertEqual(
      figure.axes[0].lines[1].get_color(), figure.axes[1].lines[0].get_color()
    )

  def test_wrong_shape(self):
    with self.assertRaisesRegex(InputError, r'\(epochs, edges, candidates\)'):
      alpha_evolution(np.zeros((2, 2)), ['a', 'b'], ['c', 'd'], '')


if __name__ == '__main__':
  absltest.main()
