import copy
import json
import os
import pathlib
import pickle
import tempfile

import numpy as np
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.genotype import CellGenotype, Edge, Genotype, load_genotype
from darts_tf.search_space import (
  CellTopology,
  SearchSpace,
  register_search_space,
  same_candidates,
  search_spaces,
)

_EDGES = (
  ('sep_conv_3x3', 1, 2),
  ('skip_connect', 0, 2),
  ('skip_connect', 2, 3),
)
_OTHER = CellGenotype(
  (('skip_connect', 0, 2), ('max_pool_3x3', 2, 3), ('none', 1, 3)), (3,)
)


def _genotype(edges=_EDGES, output=(2, 3), space='darts'):
  return Genotype(
    space, {'normal': CellGenotype(edges, output), 'reduce': _OTHER}
  )


def _space_with_own_cells():
  name = 'genotype_test_own_cells'
  if name in search_spaces:
    return search_spaces[name]
  topology = CellTopology(
    num_inputs=2, num_nodes=2, edges=((0, 2), (1, 2), (2, 3)), output=(2, 3)
  )
  return register_search_space(
    SearchSpace(
      name=name,
      topology=topology,
      shared_cells=False,
      candidates=same_candidates(('skip_connect', 'unbuilt'), topology),
    )
  )


def _own_cell():
  return CellGenotype((('skip_connect', 0, 2), ('skip_connect', 2, 3)), (2, 3))


class GenotypeTest(parameterized.TestCase):
  def test_order_is_preserved(self):
    edges = _genotype().cells['normal'].edges
    self.assertEqual(edges, _EDGES)
    self.assertEqual(edges[0].operation, 'sep_conv_3x3')
    self.assertEqual(
      edges[0], Edge(operation='sep_conv_3x3', source=1, target=2)
    )

  def test_is_a_value(self):
    first, second = _genotype(), _genotype(list(map(list, _EDGES)), [2, 3])
    self.assertEqual(first, second)
    self.assertEqual(hash(first), hash(second))
    self.assertEqual({first: 1}[second], 1)
    self.assertNotEqual(first, _genotype(_EDGES[::-1]))
    self.assertNotEqual(first, _genotype(output=(3, 2)))
    self.assertNotEqual(first, _genotype(space='course'))
    self.assertNotEqual(first, 'darts')

  def test_is_immutable(self):
    cells = {'normal': CellGenotype(_EDGES, (2, 3)), 'reduce': _OTHER}
    genotype = Genotype('darts', cells)
    cells['normal'] = _OTHER
    self.assertEqual(genotype, _genotype())
    with self.assertRaises(AttributeError):
      genotype.search_space = 'course'
    with self.assertRaises(TypeError):
      genotype.cells['normal'] = _OTHER

  def test_is_copied_and_pickled(self):
    genotype = _genotype()
    self.assertEqual(copy.deepcopy(genotype), genotype)
    self.assertEqual(pickle.loads(pickle.dumps(genotype)), genotype)

  def test_numpy_integers_become_plain(self):
    cell = CellGenotype([('none', np.int64(0), np.int32(2))], np.array([2]))
    self.assertIs(type(cell.edges[0].source), int)
    self.assertEqual(cell.output, (2,))

  def test_incoming(self):
    cell = _genotype().cells['normal']
    self.assertEqual(cell.incoming(2), _EDGES[:2])
    self.assertEqual(cell.incoming(0), ())

  def test_skip_connections(self):
    self.assertEqual(_genotype().skip_connections('normal'), 2)
    self.assertEqual(_genotype().skip_connections('reduce'), 1)
    with self.assertRaisesRegex(
      InputError, "Unknown cell: .*Did you mean 'normal'.*cell='norml'"
    ):
      _genotype().skip_connections('norml')

  def test_pretty(self):
    self.assertEqual(
      _genotype().pretty(),
      '\n'.join(
        [
          'search space: darts',
          'normal: output of nodes 2, 3',
          '  node 2 = sep_conv_3x3(1) + skip_connect(0)',
          '  node 3 = skip_connect(2)',
          'reduce: output of nodes 3',
          '  node 2 = skip_connect(0)',
          '  node 3 = max_pool_3x3(2) + none(1)',
        ]
      ),
    )

  def test_validate_for(self):
    _genotype().validate_for('darts')
    with self.assertRaisesRegex(
      InputError, "expected 'course'. Received: search_space='darts'"
    ):
      _genotype().validate_for('course')
    with self.assertRaisesRegex(InputError, 'Unknown search_space'):
      _genotype().validate_for('dart')

  @parameterized.named_parameters(
    ('no_edges', [], (2,), r'A cell needs edges.*edges=\[\]'),
    ('no_output', _EDGES, (), r'A cell needs output.*output=\[\]'),
    (
      'cycle',
      [('none', 3, 2)],
      (2,),
      r"makes a cycle.*expected 3 < target.*edge=\['none', 3, 2\]",
    ),
    ('self_loop', [('none', 2, 2)], (2,), 'makes a cycle'),
    ('negative_source', [('none', -1, 2)], (2,), 'Negative node .*edge='),
    ('negative_output', _EDGES, (-1, 2), 'Negative node .*output='),
    ('repeated_output', _EDGES, (2, 2), 'A node is repeated in the output'),
    ('short_edge', [('none', 0)], (2,), 'An edge has another form'),
    ('text_edge', ['abc'], (2,), 'An edge has another form'),
    ('text_edges', 'abc', (2,), 'edges of a cell are not a list'),
    ('number_output', _EDGES, 2, 'output of a cell are not a list'),
    ('operation', [(3, 0, 2)], (2,), 'operation of an edge is not a name'),
    ('float', [('none', 0.0, 2)], (2,), 'A node is not a number.*edge='),
    ('boolean', [('none', False, 2)], (2,), 'A node is not a number'),
    ('text_output', _EDGES, ('2',), 'A node is not a number.*output='),
  )
  def test_bad_cell(self, edges, output, message):
    with self.assertRaisesRegex(InputError, message) as caught:
      CellGenotype(edges, output)
    self.assertNotIn('\n', str(caught.exception))

  @parameterized.named_parameters(
    (
      'operation',
      [('sep_conv_3x4', 0, 2)],
      (2,),
      "Unknown operation: expected one of .*'sep_conv_3x3'",
    ),
    (
      'other_spaces_operation',
      [('sep_conv_7x7', 0, 2)],
      (2,),
      "Unknown operation: .*operation='sep_conv_7x7'",
    ),
    (
      'target_beyond',
      [('none', 0, 6)],
      (2,),
      "Missing node in cell 'normal': .* no node 6; expected nodes from 0 to 5",
    ),
    ('output_beyond', _EDGES, (2, 9), 'Missing node .*Received: node=9'),
    ('into_input', [('none', 0, 1)], (2,), 'leads into input node 1'),
    ('output_input', _EDGES, (1, 2), 'output .* holds input node 1'),
    ('source_unfed', [('none', 2, 3)], (3,), 'Missing node .*: node 2 is'),
    ('output_unfed', _EDGES, (2, 5), 'Missing node .*: node 5 is used'),
  )
  def test_not_in_space(self, edges, output, message):
    with self.assertRaisesRegex(InputError, message) as caught:
      _genotype(edges, output)
    self.assertNotIn('\n', str(caught.exception))

  def test_unknown_space(self):
    with self.assertRaisesRegex(
      InputError, "Unknown search_space: .*Did you mean 'darts'"
    ):
      _genotype(space='dart')

  def test_cell_names(self):
    with self.assertRaisesRegex(
      InputError, "Missing cell 'reduce' .*cells=.'normal'"
    ):
      Genotype('darts', {'normal': _OTHER})
    with self.assertRaisesRegex(InputError, "Unknown cell: .*'cell_00'"):
      Genotype('darts', {'normal': _OTHER, 'reduce': _OTHER, 'cell_00': _OTHER})
    with self.assertRaisesRegex(InputError, "Missing cell 'normal'"):
      Genotype('nas_bench_201', {})

  def test_own_cells(self):
    space = _space_with_own_cells()
    names = [f'cell_{i:02d}' for i in range(4)]
    cells = {name: _own_cell() for name in names}
    genotype = Genotype(space.name, cells)
    self.assertEqual(Genotype.from_json(genotype.to_json()), genotype)
    self.assertEqual(list(genotype.cells), names)
    del cells['cell_01']
    with self.assertRaisesRegex(InputError, "Missing cell 'cell_01'"):
      Genotype(space.name, cells)
    with self.assertRaisesRegex(InputError, "Missing cell 'cell_00'"):
      Genotype(space.name, {})
    with self.assertRaisesRegex(InputError, "Unknown cell: .*cell='normal'"):
      Genotype(space.name, {'cell_00': _own_cell(), 'normal': _own_cell()})

  def test_absent_edge_and_unbuilt_operation(self):
    name = _space_with_own_cells().name
    with self.assertRaisesRegex(
      InputError, 'no edge from node 1 to node 3; expected one of 0-2, 1-2'
    ):
      Genotype(name, {'cell_00': CellGenotype([('skip_connect', 1, 3)], (3,))})
    with self.assertRaisesRegex(InputError, "operation='unbuilt'"):
      Genotype(name, {'cell_00': CellGenotype([('unbuilt', 1, 2)], (2,))})


class JsonTest(parameterized.TestCase):
  def test_form(self):
    self.assertEqual(
      json.loads(_genotype().to_json()),
      {
        'search_space': 'darts',
        'cells': {
          'normal': {
            'edges': [
              ['sep_conv_3x3', 1, 2],
              ['skip_connect', 0, 2],
              ['skip_connect', 2, 3],
            ],
            'output': [2, 3],
          },
          'reduce': {
            'edges': [
              ['skip_connect', 0, 2],
              ['max_pool_3x3', 2, 3],
              ['none', 1, 3],
            ],
            'output': [3],
          },
        },
      },
    )

  def test_round_trip(self):
    genotype = _genotype()
    self.assertEqual(Genotype.from_json(genotype.to_json()), genotype)
    self.assertEqual(Genotype.from_dict(genotype.to_dict()), genotype)

  @parameterized.named_parameters(
    ('no_json', '{"search_space": ', 'The genotype is not JSON'),
    ('no_text', None, 'The genotype is not JSON'),
    ('list', '[]', 'The genotype has another form'),
    ('missing', '{"cells": {}}', 'exactly search_space and cells'),
    (
      'extra',
      '{"search_space": "darts", "cells": {}, "x": 1}',
      'The genotype has another form',
    ),
    (
      'space',
      '{"search_space": [1], "cells": {}}',
      r'search space of a genotype is not a name.*search_space=\[1\]',
    ),
    (
      'cells',
      '{"search_space": "darts", "cells": []}',
      r'cells of a genotype are not a JSON object.*cells=\[\]',
    ),
    (
      'cell',
      '{"search_space": "darts", "cells": {"normal": {"edges": []}}}',
      "The cell 'normal' has another form.*exactly edges and output",
    ),
    (
      'edge',
      '{"search_space": "darts", "cells": {"normal": {"edges":'
      ' [["none", "0", 2]], "output": [2]}}}',
      'A node is not a number',
    ),
  )
  def test_errors(self, text, message):
    with self.assertRaisesRegex(InputError, message) as caught:
      Genotype.from_json(text)
    self.assertNotIn('\n', str(caught.exception))

  def test_long_text_is_cut_in_the_message(self):
    with self.assertRaises(InputError) as caught:
      Genotype.from_json('x' * 10000)
    self.assertLess(len(str(caught.exception)), 300)


class FileTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    temporary = tempfile.TemporaryDirectory()
    self.addCleanup(temporary.cleanup)
    self.directory = pathlib.Path(temporary.name)
    self.path = self.directory / 'genotype.json'

  def test_round_trip(self):
    _genotype().save(self.path)
    self.assertEqual(Genotype.load(self.path), _genotype())
    self.assertEqual(load_genotype(self.path), _genotype())
    self.assertEqual(load_genotype(str(self.path)), _genotype())
    self.assertEqual(os.listdir(self.directory), ['genotype.json'])

  def test_missing(self):
    with self.assertRaisesRegex(
      InputError, 'The genotype file is missing.*path=.*genotype.json'
    ):
      load_genotype(self.path)

  def test_unreadable(self):
    self.path.write_bytes(b'\xff')
    with self.assertRaisesRegex(InputError, 'cannot be read'):
      Genotype.load(self.path)
    with self.assertRaisesRegex(InputError, 'cannot be read'):
      Genotype.load(self.directory)

  def test_bad_contents_name_the_file(self):
    self.path.write_text('[]')
    with self.assertRaisesRegex(
      InputError, 'has another form.*path=.*genotype.json'
    ):
      Genotype.load(self.path)

  def test_published_by_name(self):
    genotype = load_genotype('DARTS_V2')
    self.assertEqual(genotype.search_space, 'darts')
    self.assertEqual(load_genotype('darts_v2'), genotype)

  def test_unknown_name(self):
    with self.assertRaisesRegex(
      InputError,
      'Unknown genotype: expected one of .*DARTS_V1.*, or the'
      " path of a JSON file. Did you mean 'DARTS_V.'.*genotype='darts_v3'",
    ):
      load_genotype('darts_v3')


if __name__ == '__main__':
  absltest.main()
