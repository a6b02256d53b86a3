"""Published cells in the form that a genotype has."""

import json
import tempfile
import types


def cell(pairs, output, num_inputs=2):
  """A cell whose nodes have two inputs each."""
  return types.SimpleNamespace(
    edges=tuple(
      (operation, source, num_inputs + i // 2)
      for i, (operation, source) in enumerate(pairs)
    ),
    output=tuple(output),
  )


DARTS_V2_NORMAL = cell(
  [
    ('sep_conv_3x3', 0),
    ('sep_conv_3x3', 1),
    ('sep_conv_3x3', 0),
    ('sep_conv_3x3', 1),
    ('sep_conv_3x3', 1),
    ('skip_connect', 0),
    ('skip_connect', 0),
    ('dil_conv_3x3', 2),
  ],
  [2, 3, 4, 5],
)
DARTS_V2_REDUCE = cell(
  [
    ('max_pool_3x3', 0),
    ('max_pool_3x3', 1),
    ('skip_connect', 2),
    ('max_pool_3x3', 1),
    ('max_pool_3x3', 0),
    ('skip_connect', 2),
    ('skip_connect', 2),
    ('max_pool_3x3', 1),
  ],
  [2, 3, 4, 5],
)
NASNET_REDUCE = cell(
  [
    ('sep_conv_5x5', 1),
    ('sep_conv_7x7', 0),
    ('max_pool_3x3', 1),
    ('sep_conv_7x7', 0),
    ('avg_pool_3x3', 1),
    ('sep_conv_5x5', 0),
    ('skip_connect', 3),
    ('avg_pool_3x3', 2),
    ('sep_conv_3x3', 2),
    ('max_pool_3x3', 1),
  ],
  [4, 5, 6],
)
NAS_BENCH_201 = types.SimpleNamespace(
  edges=(
    ('nor_conv_3x3', 0, 1),
    ('skip_connect', 0, 2),
    ('nor_conv_3x3', 1, 2),
    ('none', 0, 3),
    ('avg_pool_3x3', 1, 3),
    ('nor_conv_1x1', 2, 3),
  ),
  output=(3,),
)

CELLS = (
  ('darts_normal', DARTS_V2_NORMAL, 2),
  ('darts_reduce', DARTS_V2_REDUCE, 2),
  ('nasnet_reduce', NASNET_REDUCE, 2),
  ('nas_bench_201', NAS_BENCH_201, 1),
)


def genotype(**cells):
  return types.SimpleNamespace(
    cells=cells,
    to_json=lambda: json.dumps(
      {name: [c.edges, c.output] for name, c in cells.items()}
    ),
  )


def temporary_directory(test):
  """A directory that is removed when the test ends."""
  directory = tempfile.TemporaryDirectory()
  test.addCleanup(directory.cleanup)
  return directory.name
