import base64
import dataclasses
import html.parser
import io
import os
import pathlib
import re
from unittest import mock

import example_cells
import numpy as np
from absl.testing import absltest, parameterized
from example_cells import temporary_directory
from example_stages import METRICS as STAGE_METRICS
from example_stages import SIMILARITIES, STAGES
from PIL import Image

from darts_tf.config.errors import InputError
from darts_tf.search_space import NAS_BENCH_201
from darts_tf.visualize import Report, write_report
from darts_tf.visualize import page as page_parts
from darts_tf.visualize.exports import export_table
from darts_tf.visualize.wording import duration, quantity, shown

EVIL = '"><script>alert(1)</script>'
METRICS = [
  {
    'epoch': 0,
    'train_loss': 2.0,
    'train_accuracy': 0.25,
    'validation_accuracy': 0.375,
    'entropy': {'normal': 1.5},
    'skip_connections': {'normal': 1},
    'seconds': 4.0,
  }
]
FULL = Report(
  title='A search',
  dataset={'name': 'fashion_mnist', 'image_shape': (28, 28, 1)},
  configuration={
    'search': {
      'method': 'darts',
      'architecture_gradient': 'first_order',
      'epochs': 50,
    },
    'train': {'epochs': 600, 'drop_path': 0.2},
  },
  genotype=example_cells.genotype(normal=example_cells.NAS_BENCH_201),
  num_inputs=1,
  search_metrics=METRICS,
  alphas_history={'normal': np.full((2, 6, 5), 0.2)},
  space=NAS_BENCH_201,
  train_metrics=METRICS,
  result={
    'test_accuracy': 0.9423,
    'parameters': 3349342,
    'multiply_adds': 528000000,
    'search_seconds': 125.0,
  },
  saved_model='saved_model',
  class_names=('shirt', 'boot'),
  exports=[
    {
      'format': 'tflite_dynamic',
      'bytes': 1_234_000,
      'milliseconds': 2.345,
      'largest_difference': 0.0123,
      'equal_predictions': 0.9921875,
      'images': 256,
      'runs': 30,
      'threads': 2,
      'compared_on': 'test',
    }
  ],
)
# What a part is when it is left out, and which text then goes with it.
EMPTY = {
  'dataset': ({}, 'fashion_mnist'),
  'configuration': ({}, 'first_order'),
  'genotype': (None, 'Cells'),
  'search_metrics': (None, 'Last validation accuracy, supernet'),
  'alphas_history': (None, 'Architecture parameters'),
  'space': (None, 'Architecture parameters'),
  'train_metrics': (None, 'Retraining'),
  'result': ({}, 'Result in full'),
  'saved_model': (None, 'Serving the model'),
  'class_names': ((), 'shirt, boot'),
  'exports': ((), 'Exported networks'),
}
VOID = {'meta', 'img', 'rect', 'path', 'polygon'}


class Page(html.parser.HTMLParser):
  """Collects a page's elements, and checks that they are nested."""

  def __init__(self, text):
    super().__init__()
    self.tags, self.open, self.headings, self.words = [], [], [], []
    self.feed(text)
    assert not self.open, self.open

  def handle_starttag(self, tag, attrs):
    self.tags.append((tag, dict(attrs)))
    if tag not in VOID:
      self.open.append(tag)

  def handle_startendtag(self, tag, attrs):
    self.tags.append((tag, dict(attrs)))

  def handle_endtag(self, tag):
    assert self.open.pop() == tag

  def handle_data(self, text):
    if 'h2' in self.open:
      self.headings.append(text)
    if 'style' not in self.open:
      self.words.append(text)


class ReportTest(parameterized.TestCase):
  def write(self, report):
    path = os.path.join(temporary_directory(self), 'a', 'report.html')
    self.assertEqual(write_report(path, report), path)
    text = pathlib.Path(path).read_text(encoding='utf-8')
    page = Page(text)
    self.assertNotRegex(text, r'https?://')
    self.assertNotIn('script', {tag for tag, _ in page.tags})
    self.assertNotIn('link', {tag for tag, _ in page.tags})
    for _, attributes in page.tags:
      self.assertTrue(attributes.get('src', 'data:').startswith('data:'))
      self.assertNoCommonElements(attributes, ('href', 'srcset', 'onload'))
    self.assertNotRegex(text, r'url\(|@import')
    return text, page

  def test_stages(self):
    text, page = self.write(
      dataclasses.replace(
        FULL,
        search_metrics=STAGE_METRICS,
        stages=STAGES,
        similarities=SIMILARITIES,
      )
    )
    self.assertIn('Stages of the search', page.headings)
    for expected in (
      'Thin vertical lines',
      'Share of each kind',
      'How alike',
      'over the epochs of the last stage',
    ):
      self.assertIn(expected, text)

  def test_batches_that_grow(self):
    text, page = self.write(
      dataclasses.replace(FULL, search_metrics=STAGE_METRICS)
    )
    self.assertIn('Stages of the search', page.headings)
    self.assertNotIn('Share of each kind', text)
    self.assertIn('over the epochs of the search', text)

  def test_full_page(self):
    text, page = self.write(FULL)
    self.assertEqual(
      page.headings,
      [
        'What was run',
        'Cells',
        'Architecture parameters',
        'Search',
        'Retraining',
        'Time',
        'Result in full',
        'Exported networks',
        'Serving the model',
        'Genotype',
      ],
    )
    words = '\n'.join(page.words)
    for expected in (
      'A search',
      '94.23 %',
      '3.35 M',
      '528 M',
      '3,349,342',
      'first_order',
      '50 (search), 600 (train)',
      'fashion_mnist',
      '[28, 28, 1]',
      'shirt, boot',
      'drop_path',
      'nor_conv_3x3',
      '2 min 5 s',
      '4.0 s (median of 1)',
      '37.50 %',
      'tflite_dynamic',
      '1.23 MB',
      '2.35 ms',
      '1.2e-02',
      '99.22 % of 256',
      'median of 30 runs on 2 threads',
      'on test images',
      "tf.saved_model.load('saved_model')",
      'serving_default',
      'saved_model_cli show --dir saved_model',
    ):
      self.assertIn(expected, words)
    images = re.findall(r'src="data:image/png;base64,([^"]+)"', text)
    # Heat map, evolution, twice the search, once the retraining.
    self.assertLen(images, 5)
    for data in images:
      with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        image.load()
    self.assertEqual(re.findall(r'Figure (\d+)\.', words), list('123456'))

  def test_snippet_is_python(self):
    _, page = self.write(dataclasses.replace(FULL, saved_model="it's"))
    (snippet,) = (text for text in page.words if 'import tensorflow' in text)
    compile(snippet, 'snippet', 'exec')
    self.assertIn('load("it\'s")', snippet)
    self.assertTrue(any("--dir 'it'\"'\"'s'" in text for text in page.words))

  @parameterized.parameters(*EMPTY)
  @mock.patch.object(page_parts, 'figure_png', lambda figure: b'a plot')
  def test_without_one_part(self, part):
    value, gone = EMPTY[part]
    _, full = self.write(FULL)
    _, page = self.write(dataclasses.replace(FULL, **{part: value}))
    self.assertIn(gone, full.words)
    self.assertNotIn(gone, page.words)
    self.assertGreater(len(page.headings), 5)

  def test_title_alone(self):
    _, page = self.write(Report(title='Nothing yet'))
    self.assertEmpty(page.headings)
    self.assertIn('Nothing yet', page.words)

  def test_everything_is_escaped(self):
    evil_cell = example_cells.cell([(EVIL, 0), ('none', 1)], [2])
    text, page = self.write(
      dataclasses.replace(
        FULL,
        title=EVIL,
        dataset={EVIL: EVIL, 'list': [EVIL]},
        configuration={EVIL: {EVIL: EVIL, 'method': EVIL}},
        genotype=example_cells.genotype(**{EVIL: evil_cell}),
        num_inputs=2,
        result={EVIL: EVIL},
        saved_model=EVIL,
        class_names=(EVIL,),
        exports=[{**FULL.exports[0], 'format': EVIL}],
      )
    )
    self.assertNotIn('<script', text)
    self.assertIn(EVIL, page.words)
    self.assertIn(EVIL, [text.removesuffix(' cell') for text in page.words])

  @mock.patch.object(page_parts, 'figure_png', lambda figure: b'a plot')
  def test_many_cells_have_an_overview(self):
    space = dataclasses.replace(NAS_BENCH_201, shared_cells=False)
    names = [f'cell_{i:02d}' for i in range(5)]
    text, page = self.write(
      Report(
        title='x',
        space=space,
        alphas_history={name: np.full((1, 6, 5), 0.2) for name in names},
        genotype=example_cells.genotype(
          **dict.fromkeys(names, example_cells.NAS_BENCH_201)
        ),
        num_inputs=1,
      )
    )
    self.assertIn('5 cells, one by one', page.words)
    # Cells, their weights, and the weights' evolution: a plot each.
    self.assertEqual(text.count('<img'), 3)
    self.assertEqual(text.count('<svg'), 5)
    self.assertEqual(
      re.findall(r'Figure (\d+)\.', '\n'.join(page.words)), list('12345678')
    )
    self.assertLess(text.index('Figure 1.'), text.index('<svg'))

  def test_many_classes_are_cut(self):
    _, page = self.write(
      Report(title='x', class_names=[f'class {i}' for i in range(100)])
    )
    words = ' '.join(page.words)
    self.assertIn('class 19, … (100 classes)', words)
    self.assertNotIn('class 20', words)

  def test_alphas_of_another_space(self):
    with self.assertRaisesRegex(InputError, 'expected 4 names|6 names|edge'):
      write_report(
        'x.html',
        dataclasses.replace(
          FULL, alphas_history={'normal': np.zeros((1, 4, 5))}
        ),
      )

  def test_table_of_exports_as_text(self):
    self.assertEqual(export_table([]), '')
    (first,) = FULL.exports
    header, *lines = export_table(
      [first, {**first, 'format': 'onnx', 'threads': 1}]
    ).splitlines()
    self.assertEqual(
      [line.split()[0] for line in lines], ['tflite_dynamic', 'onnx', 'Time:']
    )
    # Columns begin where their names do.
    for name, value in (('Size', '1.23 MB'), ('Equal', '99.22 %')):
      self.assertEqual(lines[1].index(value), header.index(name))
    self.assertIn('on 1 or 2 threads of', lines[-1])

  @parameterized.parameters(
    (0.5, '0.5 s'), (125, '2 min 5 s'), (12000, '3 h 20 min')
  )
  def test_duration(self, seconds, text):
    self.assertEqual(duration(seconds), text)

  @parameterized.parameters(
    (12, '12'), (3349342, '3.35 M'), (999900000, '1,000 M'), (1234, '1.23 k')
  )
  def test_quantity(self, count, text):
    self.assertEqual(quantity(count), text)

  def test_shown(self):
    self.assertEqual(shown('test_accuracy', None), 'not measured')
    self.assertEqual(shown('loss', np.float32(0.25)), '0.25')
    self.assertEqual(shown('flag', True), 'True')


if __name__ == '__main__':
  absltest.main()
