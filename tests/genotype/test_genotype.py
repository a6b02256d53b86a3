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

  def test_missing_nodes(self):
    edges = (
      ('skip_connect', 4, 5),
      ('skip_connect', 2, 3),
      ('sep_conv_3x3', 0, 2),
      ('max_pool_3x3', 5, 6),
      ('max_pool_3x3', 3, 6),
    )
    cell = CellGenotype(edges, (6, 5, 2, 4, 3))
    self.assertEqual(cell.live_edges(2), (1, 2, 4))
    self.assertEqual(
      cell.live(2), CellGenotype((*edges[1:3], edges[4]), (6, 2, 3))
    )
    # The number of inputs decides.
    self.assertEqual(cell.live_edges(5), (0, 1, 2, 3, 4))
    whole = _genotype().cells['normal']
    self.assertEqual(whole.live(2), whole)

  def test_double_edges(self):
    cell = CellGenotype((*_EDGES, ('max_pool_3x3', 0, 2)), (2, 3))
    self.assertLen(cell.incoming(2), 3)
    self.assertEqual(cell.live(2), cell)

  def test_no_output_exists(self):
    cell = CellGenotype((('skip_connect', 3, 4), ('none', 0, 2)), (3, 4))
    with self.assertRaisesRegex(
      InputError, r'The cell has no output: .*Received: .*output=\[3, 4\]'
    ):
      cell.live(2)

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

  def test_pretty_says_what_is_missing(self):
    edges = [('a', 0, 2), ('b', 2, 3), ('c', 4, 5), ('d', 0, 2), ('e', 5, 6)]
    edges.append(('f', 3, 6))
    cells = {'normal': CellGenotype(edges, (2, 3, 4, 5, 6))}
    self.assertEqual(
      Genotype('darts', cells).pretty().splitlines()[2:],
      [
        '  node 2 = a(0) + d(0)',
        '  node 3 = b(2)',
        '  node 4 is missing',
        '  node 5 is missing: c(4)',
        '  node 6 = e(5) + f(3)',
      ],
    )

  def test_its_space_need_not_be_known(self):
    genotype = Genotype(
      'elsewhere', {'stem': CellGenotype((('my_conv', 0, 7),), (7,))}
    )
    self.assertEqual(Genotype.from_json(genotype.to_json()), genotype)
    self.assertEqual(
      genotype.pretty(),
      'search space: elsewhere\nstem: output of nodes 7\n  node 7 = my_conv(0)',
    )

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
