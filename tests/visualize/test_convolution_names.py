"""Convolutions that numbers describe, in plots: colours, order, room."""

import itertools

import numpy as np
from absl.testing import absltest, parameterized
from matplotlib.colors import to_rgb

from darts_tf.visualize import alpha_evolution, alpha_heat_map
from darts_tf.visualize.overview import _short
from darts_tf.visualize.palette import known_first, operation_colours

# Each edge has candidates of its own, some with long names.
NAMES = [
  (
    'skip_connect',
    f'conv_k{kernel}_d{dilation}',
    f'conv_k{kernel}_d{dilation}_m4-2-10-10-{dilation}',
  )
  for kernel in (1, 3, 5, 7)
  for dilation in (1, 2)
]
EDGES = [f'0→{i}' for i in range(len(NAMES))]


def extents(texts, figure):
  renderer = figure.canvas.get_renderer()
  return [text.get_window_extent(renderer) for text in texts]


class ColoursTest(absltest.TestCase):
  def test_distinct(self):
    widths = [
      '',
      *(
        '_m' + '-'.join(map(str, widths))
        for extra in (1, 2)
        for widths in itertools.product((1, 2, 3), repeat=extra)
      ),
    ]
    names = ['skip_connect', 'max_pool_3x3', 'avg_pool_3x3', 'none'] + [
      f'conv_k{kernel}_d{dilation}{width}'
      for kernel in (1, 3, 5, 7)
      for dilation in (1, 2)
      for width in widths
    ]
    colours = operation_colours(names)
    self.assertLen(set(colours.values()), len(names))
    for name, colour in colours.items():
      # Seen on white.
      self.assertLess(min(to_rgb(colour)), 0.6, name)

  def test_the_same_in_every_plot(self):
    colours = operation_colours(['mine', 'conv_k5_d1_m2-1', 'other'])
    self.assertEqual(
      colours['conv_k5_d1_m2-1'],
      operation_colours(['conv_k5_d1_m2-1', 'conv_k3_d1'])['conv_k5_d1_m2-1'],
    )
    # Names that say nothing share the circle of hues among themselves.
    self.assertEqual(
      [colours[name] for name in ('mine', 'other')],
      list(operation_colours(['mine', 'other']).values()),
    )
    self.assertEqual(list(colours), ['mine', 'conv_k5_d1_m2-1', 'other'])


class NamesTest(parameterized.TestCase):
  def test_order(self):
    self.assertEqual(
      known_first(
        [
          'mine',
          'conv_k5_d1',
          'conv_k3_d2',
          'conv_k3_d1_m1',
          'skip_connect',
          'conv_k3_d1',
          'a',
        ]
      ),
      [
        'skip_connect',
        'conv_k3_d1',
        'conv_k3_d1_m1',
        'conv_k3_d2',
        'conv_k5_d1',
        'mine',
        'a',
      ],
    )

  @parameterized.parameters(
    ('conv_k3_d1', 'k3'),
    ('conv_k5_d2', 'k5d2'),
    ('conv_k5_d1_m2-1', 'k5·3'),
    ('conv_k7_d2_m1', 'k7d2·2'),
    ('sep_conv_3x3', 'sep 3'),
    ('max_pool_3x3', 'max'),
  )
  def test_short_names(self, name, expected):
    self.assertEqual(_short(name), expected)


class RoomTest(absltest.TestCase):
  def test_names_fit_into_squares(self):
    figure = alpha_heat_map(
      np.full((len(NAMES), 3), 1 / 3), EDGES, NAMES, 'normal'
    )
    figure.canvas.draw()
    axes = figure.axes[0]
    square = axes.get_window_extent().width / 3
    self.assertLen(axes.texts, 3 * len(NAMES))
    for extent in extents(axes.texts, figure):
      self.assertLess(extent.width, square)

  def test_columns_do_not_overlap(self):
    few = [NAMES[i] for i in (0, 1, 2, 3)]
    figure = alpha_heat_map(np.full((4, 3), 1 / 3), EDGES[:4], few, 'normal')
    figure.canvas.draw()
    labels = figure.axes[0].get_xticklabels()
    self.assertLen(labels, 9)
    places = [label.get_window_extent() for label in labels]
    # Slanting names stay apart if they begin a line's height apart.
    for left, right in itertools.pairwise(places):
      self.assertGreater(right.x0 - left.x0, 20)

  def test_a_legend_in_each_panel(self):
    figure = alpha_evolution(
      np.full((3, len(NAMES), 3), 1 / 3), EDGES, NAMES, 'normal', 7
    )
    figure.canvas.draw()
    self.assertEmpty(figure.legends)
    shown = [axes for axes in figure.axes if axes.get_visible()]
    for axes, names in zip(shown, NAMES, strict=True):
      legend = axes.get_legend()
      self.assertEqual(
        tuple(text.get_text() for text in legend.get_texts()), names
      )
      box = legend.get_window_extent()
      self.assertLess(box.y1, axes.title.get_window_extent().y0 + 1)
      self.assertGreater(box.y0, axes.get_window_extent().y1 - 3)
      self.assertLess(box.width, axes.get_window_extent().width * 1.1)
      self.assertEqual(list(axes.lines[0].get_xdata()), [7, 8, 9])


if __name__ == '__main__':
  absltest.main()
