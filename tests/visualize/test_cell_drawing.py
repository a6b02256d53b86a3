import os
import pathlib
import stat
import xml.etree.ElementTree
from unittest import mock

import example_cells
from absl.testing import absltest, parameterized
from example_cells import temporary_directory
from PIL import Image

from darts_tf.config.errors import InputError
from darts_tf.genotype import CellGenotype, Genotype
from darts_tf.visualize import (
  cell_figure,
  cell_graph,
  cell_layout,
  cell_svg,
  draw,
  draw_cells,
)
from darts_tf.visualize.cell import GRAPHVIZ_HINT


def overlap(a, b):
  return (
    abs(a.x - b.x) < (a.width + b.width) / 2
    and abs(a.y - b.y) < (a.height + b.height) / 2
  )


def bezier(points, steps=20):
  """Points on a chain of cubic Bezier curves."""
  for i in range(0, len(points) - 1, 3):
    p = points[i : i + 4]
    for k in range(steps + 1):
      t = k / steps
      weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
      yield tuple(
        sum(w * q[axis] for w, q in zip(weights, p, strict=True))
        for axis in (0, 1)
      )


class CellLayoutTest(parameterized.TestCase):
  @parameterized.named_parameters(*example_cells.CELLS)
  def test_boxes_do_not_touch(self, cell, num_inputs):
    layout = cell_layout(cell, num_inputs)
    boxes = layout.nodes + layout.labels
    self.assertLen(layout.labels, len(cell.edges))
    for i, a in enumerate(boxes):
      self.assertGreaterEqual(a.x - a.width / 2, 0)
      self.assertLessEqual(a.x + a.width / 2, layout.width)
      self.assertGreaterEqual(a.y - a.height / 2, 0)
      self.assertLessEqual(a.y + a.height / 2, layout.height)
      for b in boxes[:i]:
        self.assertFalse(overlap(a, b), f'{a} covers {b}')

  @parameterized.named_parameters(*example_cells.CELLS)
  def test_edges_run_from_left_to_right(self, cell, num_inputs):
    layout = cell_layout(cell, num_inputs)
    place = {box.text: box for box in layout.nodes}
    names = {node: str(node - num_inputs) for node in range(num_inputs, 9)}
    names.update(
      {0: 'input'} if num_inputs == 1 else {0: 'c_{k-2}', 1: 'c_{k-1}'}
    )
    for _, source, target in cell.edges:
      self.assertLess(place[names[source]].x, place[names[target]].x)
    for box in layout.nodes[:-1]:
      self.assertLess(box.x, place['c_{k}'].x)
    for curve in layout.curves:
      x = [point[0] for point in curve.points]
      self.assertEqual(x, sorted(x))

  @parameterized.named_parameters(*example_cells.CELLS)
  def test_each_curve_passes_under_its_name_and_no_other(
    self, cell, num_inputs
  ):
    layout = cell_layout(cell, num_inputs)
    self.assertLen(layout.curves, len(cell.edges) + len(cell.output))
    for i, curve in enumerate(layout.curves):
      touched = {
        k
        for k, box in enumerate(layout.labels)
        for x, y in bezier(curve.points)
        if abs(x - box.x) < box.width / 2 - 1
        and abs(y - box.y) < box.height / 2
      }
      self.assertEqual(touched, {i} if i < len(cell.edges) else set())

  def test_parallel_edges_keep_two_names(self):
    layout = cell_layout(
      example_cells.cell([('avg_pool_3x3', 0), ('avg_pool_3x3', 0)], [2])
    )
    a, b = layout.labels
    self.assertFalse(overlap(a, b))

  def test_missing_nodes_are_left_out(self):
    edges = [
      ('sep_conv_3x3', 0, 2),
      ('skip_connect', 0, 2),
      ('skip_connect', 2, 3),
    ]
    cell = CellGenotype([*edges, ('dil_conv_3x3', 4, 5)], (2, 3, 4, 5))
    layout = cell_layout(cell)
    self.assertEqual(
      [box.text for box in layout.nodes],
      ['c_{k-2}', 'c_{k-1}', '0', '1', 'c_{k}'],
    )
    self.assertEqual(
      [box.text for box in layout.labels], [name for name, *_ in edges]
    )
    self.assertEqual(layout, cell_layout(CellGenotype(edges, (2, 3))))
    source = cell_graph(cell, 'normal').source
    self.assertNotIn('dil_conv_3x3', source)
    self.assertEqual(source.count('-> "c_{k}"'), 2)

  def test_a_cell_without_output(self):
    cell = CellGenotype([('skip_connect', 2, 3)], (2, 3))
    with self.assertRaisesRegex(InputError, 'The cell has no output'):
      cell_layout(cell)

  def test_same_cell_same_layout(self):
    cell = example_cells.NASNET_REDUCE
    self.assertEqual(cell_layout(cell), cell_layout(cell))

  def test_needs_an_input(self):
    with self.assertRaisesRegex(InputError, 'positive.*num_inputs=0'):
      cell_layout(example_cells.NAS_BENCH_201, 0)


class CellPictureTest(parameterized.TestCase):
  @parameterized.named_parameters(*example_cells.CELLS)
  def test_svg_is_xml_and_names_each_operation(self, cell, num_inputs):
    for standalone in (True, False):
      svg = cell_svg(cell, num_inputs, standalone=standalone)
      root = xml.etree.ElementTree.fromstring(svg)
      texts = [
        ''.join(element.itertext())
        for element in root.iter()
        if element.tag.endswith('text')
      ]
      for operation in {edge[0] for edge in cell.edges}:
        self.assertEqual(
          texts.count(operation),
          sum(edge[0] == operation for edge in cell.edges),
        )
    self.assertNotIn('http', svg)

  def test_svg_escapes_names(self):
    svg = cell_svg(
      example_cells.cell([('<b>&', 0), ('none', 1)], [2]), name='"</title>'
    )
    root = xml.etree.ElementTree.fromstring(svg)
    self.assertIn('<b>&', list(root.itertext()))

  def test_figure_draws_unusual_names(self):
    figure = cell_figure(
      example_cells.cell([('a$b_{1}$', 0), ('none', 1)], [2])
    )
    figure.canvas.draw()
    self.assertGreater(figure.get_figwidth(), 2)

  @parameterized.named_parameters(*example_cells.CELLS)
  def test_graph_has_the_edges(self, cell, num_inputs):
    source = cell_graph(cell, 'normal', num_inputs).source
    inputs = ['input'] if num_inputs == 1 else ['c_{k-2}', 'c_{k-1}']
    names = inputs + [str(i) for i in range(5)]
    lines = [line.replace('"', '') for line in source.splitlines()]
    for operation, start, end in cell.edges:
      self.assertTrue(
        any(
          f'{names[start]} -> {names[end]}' in line and operation in line
          for line in lines
        ),
        f'{operation} {start} {end}',
      )
    for node in cell.output:
      self.assertTrue(
        any(f'{names[node]} -> c_{{k}}' in line for line in lines)
      )
    self.assertIn('rankdir=LR', source)

  def test_a_space_knows_its_inputs(self):
    directory = temporary_directory(self)
    cell = CellGenotype((('nor_conv_3x3', 0, 3), ('none', 1, 3)), (3,))
    paths = draw(Genotype('nas_bench_201', {'normal': cell}), directory)
    source = pathlib.Path(paths[0]).read_text()
    self.assertEqual(source, cell_graph(cell, 'normal', 1).source)
    with self.assertRaisesRegex(InputError, 'Unknown search_space'):
      draw(Genotype('nowhere', {'normal': cell}), directory)

  def draw(self, **environment):
    directory = os.path.join(temporary_directory(self), 'plots')
    with mock.patch.dict(os.environ, environment):
      paths = draw_cells(
        example_cells.genotype(normal=example_cells.DARTS_V2_NORMAL), directory
      )
    self.assertEqual(
      [os.path.relpath(path, directory) for path in paths],
      ['normal.gv', 'normal.svg', 'normal.png'],
    )
    self.assertCountEqual(os.listdir(directory), map(os.path.basename, paths))
    return [pathlib.Path(path) for path in paths]

  def assert_own_drawing(self, paths):
    gv, svg, png = paths
    self.assertIn('sep_conv_3x3', gv.read_text())
    self.assertIn('dil_conv_3x3', svg.read_text())
    xml.etree.ElementTree.parse(svg)
    with Image.open(png) as image:
      image.load()
      self.assertGreater(min(image.size), 200)

  def test_draws_without_graphviz_and_says_so(self):
    with self.assertLogs('absl', 'INFO') as logs:
      paths = self.draw(PATH='')
    self.assertLen(logs.output, 1)
    self.assertIn(GRAPHVIZ_HINT, logs.output[0])
    self.assert_own_drawing(paths)

  def fake_dot(self, script):
    path = pathlib.Path(temporary_directory(self), 'dot')
    path.write_text(f'#!/bin/sh\n{script}\n')
    path.chmod(stat.S_IRWXU)
    return str(path.parent)

  def test_uses_graphviz_if_it_is_there(self):
    paths = self.draw(PATH=self.fake_dot('echo drawn by "$@"'))
    self.assertRegex(paths[1].read_text(), 'drawn by .*svg')
    self.assertRegex(paths[2].read_text(), 'drawn by .*png')

  def test_broken_graphviz_is_replaced(self):
    with self.assertLogs('absl', 'WARNING') as logs:
      paths = self.draw(PATH=self.fake_dot('exit 3'))
    self.assertIn('`dot` failed', logs.output[0])
    self.assert_own_drawing(paths)


if __name__ == '__main__':
  absltest.main()
