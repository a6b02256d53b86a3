import os

import numpy as np
from absl.testing import absltest
from example_cells import temporary_directory
from PIL import Image

from darts_tf.config.errors import InputError
from darts_tf.visualize.study import StudyLine, draw_study, study_figure

COLLAPSE = [(1, 90.0), (2, 93.6), (3, 54.3)]
GOOD = [(1, 91.0), (2, 93.7), (3, 94.1)]
REFERENCES = {'skips only': 54.3, 'optimum': 94.37}


def line(name='a', *courses):
  mean = (
    [(e, float(np.mean([dict(c)[e] for c in courses]))) for e, _ in courses[0]]
    if courses
    else []
  )
  return StudyLine(name, mean, courses, mean[-1][1] if mean else 92.5)


class StudyPlotTest(absltest.TestCase):
  def test_lines(self):
    figure = study_figure(
      [line('a', COLLAPSE, GOOD), line('b', GOOD), line('random')],
      REFERENCES,
      'title',
    )
    (axes,) = figure.axes
    # Two seeds of a, the means of a and b, a level and two references.
    self.assertLen(axes.lines, 7)
    mean = next(
      drawn for drawn in axes.lines if drawn.get_label().startswith('a: ')
    )
    np.testing.assert_allclose(mean.get_ydata(), [90.5, 93.65, 74.2])
    (legend,) = figure.legends
    self.assertEqual(
      [text.get_text() for text in legend.get_texts()],
      [
        'a: 74.20',
        'b: 94.10',
        'random: 92.50',
        'skips only: 54.30',
        'optimum: 94.37',
      ],
    )

  def test_differences_at_the_top_and_a_collapse_are_both_visible(self):
    (axes,) = study_figure(
      [line('a', COLLAPSE), line('b', GOOD)], REFERENCES, 't'
    ).axes
    place = lambda y: axes.transData.transform((1, y))[1]
    height = axes.bbox.height
    self.assertGreater(place(94.1) - place(93.6), 0.1 * height)
    self.assertGreater(place(90.0) - place(54.3), 0.2 * height)
    self.assertGreater(place(54.3), axes.bbox.y0)
    self.assertLess(place(94.37), axes.bbox.y1)
    ticks = axes.get_yticks()
    self.assertContainsSubset([93, 94], ticks)
    gaps = np.diff([place(tick) for tick in ticks])
    self.assertGreater(min(gaps), 0.03 * height)

  def test_small_ranges_and_other_measures_have_an_ordinary_axis(self):
    for lines, options in (
      ([line('a', GOOD)], {}),
      ([line('a', COLLAPSE)], {'stretch': False}),
    ):
      (axes,) = study_figure(lines, {}, 't', **options).axes
      self.assertEqual(axes.get_yscale(), 'linear')

  def test_file(self):
    path = os.path.join(temporary_directory(self), 'plots', 'study.png')
    for lines in (
      [line('a', COLLAPSE, GOOD)],
      [line('a', [(1, 50.0)])],
      [line('random')],
      [line(f'arm {i}', GOOD, COLLAPSE) for i in range(12)],
    ):
      self.assertEqual(draw_study(lines, REFERENCES, 't', path), path)
      with Image.open(path) as image:
        image.load()
        self.assertEqual(image.format, 'PNG')

  def test_nothing_to_draw(self):
    with self.assertRaisesRegex(InputError, 'at least one'):
      study_figure([], {}, 't')


if __name__ == '__main__':
  absltest.main()
