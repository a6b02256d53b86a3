"""Plots of a search whose candidates and batches change."""

import os
import types

from absl.testing import absltest, parameterized
from example_cells import temporary_directory
from example_stages import METRICS, SIMILARITIES, STAGES, stage
from PIL import Image

from darts_tf.config.errors import InputError
from darts_tf.visualize import draw_stages
from darts_tf.visualize.operation_groups import (
  by_depth,
  by_kernel,
  by_width,
  shares,
)
from darts_tf.visualize.operation_shares import operation_shares_figure
from darts_tf.visualize.similarity_curve import similarity_figure
from darts_tf.visualize.stage_curves import stage_curves_figure
from darts_tf.visualize.stages import stage_figures

ORDINARY = [{'epoch': 0, 'train_accuracy': 0.5, 'seconds': 2.0}]


def panels(figure):
  return {axes.get_title(): axes for axes in figure.axes if axes.get_visible()}


def starts(axes):
  """Returns the places of thin vertical lines."""
  return [
    line.get_xdata()[0]
    for line in axes.lines
    if list(line.get_ydata()) == [0, 1]
  ]


class StageCurvesTest(parameterized.TestCase):
  def test_panels_and_boundaries(self):
    found = panels(stage_curves_figure(METRICS, STAGES))
    self.assertEqual(
      list(found),
      ['accuracy', 'batch size', 'memory (MiB)', 'seconds an epoch'],
    )
    for axes in found.values():
      self.assertEqual(starts(axes), [1.5, 2.5])
    self.assertEqual(
      list(found['seconds an epoch'].lines[0].get_ydata()), [3, 4, 5, 6]
    )
    # Sizes within an epoch.
    ranges = [
      segment[:, 1].tolist()
      for bar in found['batch size'].collections
      for segment in bar.get_segments()
    ]
    self.assertEqual(ranges, [[16, 32]] * 4)
    self.assertEqual(list(found['batch size'].get_yticks()), [0, 16, 32])

  def test_what_was_not_measured_is_left_out(self):
    figure = stage_curves_figure(
      [
        {'epoch': 0, 'train_accuracy': 0.5},
        {'epoch': 1, 'train_accuracy': 0.6, 'seconds': 1.0},
        {'epoch': 2, 'memory_mib': 3.0},
      ],
      STAGES,
    )
    self.assertEqual(
      list(panels(figure)), ['accuracy', 'memory (MiB)', 'seconds an epoch']
    )
    figure.canvas.draw()

  def test_budget(self):
    of = lambda budget: panels(
      stage_curves_figure(
        [{**row, 'memory_budget_mib': budget} for row in METRICS]
      )
    )
    axes = of(120.0)['memory (MiB)']
    (line,) = [line for line in axes.lines if line.get_linestyle() == '--']
    self.assertEqual(list(line.get_ydata()), [120, 120])
    self.assertEqual(
      axes.get_legend().get_texts()[0].get_text(), 'budget 120 MiB'
    )
    # So high that it would flatten the curve.
    self.assertIn('memory (MiB), budget 9,000 MiB', of(9000.0))

  def test_no_epoch(self):
    with self.assertRaisesRegex(InputError, r'metrics=\[\]'):
      stage_curves_figure([], STAGES)


class GroupsTest(parameterized.TestCase):
  @parameterized.parameters(
    ('conv_k3_d1', 'conv 3x3', '1 unit', '1 unit'),
    ('conv_k5_d2_m1', 'conv 5x5, dilation 2', '2 units', 'width 1'),
    ('conv_k1_d1_m1-4', 'conv 1x1', '3 units', 'width 3 or 4'),
    ('conv_k7_d1_m1-2-1-1', 'conv 7x7', '4 units or more', 'width 2'),
    ('conv_k7_d1_m9', 'conv 7x7', '2 units', 'width 5 or more'),
    ('max_pool_3x3', 'max_pool_3x3', 'pooling', 'pooling'),
    ('skip_connect', 'skip_connect', 'skip connection', 'skip connection'),
    (
      'sep_conv_3x3',
      'sep_conv_3x3',
      'other convolutions',
      'other convolutions',
    ),
    ('none', 'none', 'none', 'none'),
    ('mine', 'mine', 'mine', 'mine'),
  )
  def test_names(self, name, *expected):
    self.assertEqual(
      tuple(group(name)[1] for group in (by_kernel, by_depth, by_width)),
      expected,
    )

  def test_shares(self):
    found = shares(
      ['conv_k5_d1', 'skip_connect', 'conv_k3_d1_m2', 'conv_k3_d1'], by_kernel
    )
    self.assertEqual(
      [(text, share) for (_, text, _), share in found.items()],
      [('skip_connect', 0.25), ('conv 3x3', 0.5), ('conv 5x5', 0.25)],
    )

  def test_groups_have_colours_of_their_own(self):
    names = ['none', 'skip_connect', 'max_pool_3x3', 'avg_pool_3x3'] + [
      f'conv_k{k}_d{d}' for k in (1, 3, 5, 7) for d in (1, 2)
    ]
    self.assertLen({by_kernel(name)[2] for name in names}, len(names))


class SharesTest(absltest.TestCase):
  def test_bars_add_up(self):
    genotype = types.SimpleNamespace(
      cells={
        'normal': types.SimpleNamespace(
          edges=(('conv_k3_d1', 0, 2), ('conv_k5_d1_m1', 1, 2))
        )
      }
    )
    figure = operation_shares_figure(STAGES, genotype)
    self.assertEqual(
      [axes.get_title() for axes in figure.axes],
      [
        'by kernel and dilation',
        'by number of units',
        'by greatest width between units',
      ],
    )
    for axes in figure.axes:
      self.assertEqual(
        [label.get_text() for label in axes.get_xticklabels()],
        ['1', '2', '3', 'genotype'],
      )
      total = {}
      for patch in axes.patches:
        place = round(patch.get_x(), 3)
        total[place] = total.get(place, 0) + patch.get_height()
      self.assertLen(total, 4)
      for height in total.values():
        self.assertAlmostEqual(height, 1)
    # First stage: two skips, a pool, a convolution.
    self.assertEqual(
      [patch.get_height() for patch in figure.axes[0].patches[:3]],
      [0.5, 0.25, 0.25],
    )
    self.assertEqual(
      [text.get_text() for text in figure.legends[0].get_texts()],
      [
        'conv 5x5, dilation 2',
        'conv 5x5',
        'conv 3x3',
        'max_pool_3x3',
        'skip_connect',
      ],
    )

  def test_candidates_without_numbers(self):
    figure = operation_shares_figure(
      [
        stage(0, normal=(('none', 'sep_conv_3x3'),)),
        stage(1, normal=(('sep_conv_3x3',),)),
      ]
    )
    self.assertLen(figure.axes, 1)


class SimilarityFigureTest(absltest.TestCase):
  def test_a_line_a_kind(self):
    figure = similarity_figure(
      [{'normal': 0.5, 'reduce': None}, {'normal': 0.25, 'reduce': 0.1}]
    )
    normal, reduce_ = figure.axes[0].lines
    self.assertEqual(
      (list(normal.get_xdata()), list(normal.get_ydata())),
      ([1, 2], [0.5, 0.25]),
    )
    self.assertEqual(list(reduce_.get_xdata()), [2])

  def test_nothing_to_compare(self):
    similarity_figure([{'normal': None}]).canvas.draw()


class DrawStagesTest(parameterized.TestCase):
  @parameterized.parameters(
    (ORDINARY, STAGES[:1], []),
    ([], (), []),
    (METRICS, STAGES[:1], ['search_stages']),
    (ORDINARY, STAGES, ['search_stages', 'candidates', 'similarity']),
  )
  def test_only_what_there_is_to_tell(self, metrics, stages, expected):
    self.assertEqual(
      [name for name, *_ in stage_figures(metrics, stages, SIMILARITIES)],
      expected,
    )

  def test_writes_pictures(self):
    directory = os.path.join(temporary_directory(self), 'plots')
    paths = draw_stages(directory, METRICS, STAGES, SIMILARITIES)
    self.assertEqual(
      [os.path.basename(path) for path in paths],
      ['search_stages.png', 'candidates.png', 'similarity.png'],
    )
    for path in paths:
      with Image.open(path) as image:
        image.load()
        self.assertGreater(min(image.size), 100)


if __name__ == '__main__':
  absltest.main()
