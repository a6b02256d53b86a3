"""Published genotypes by name."""

from darts_tf.config.errors import unknown_name
from darts_tf.genotype.cell import CellGenotype, Edge
from darts_tf.genotype.genotype import Genotype

# Name to (search space, {cell: (pairs, output)}). Two pairs `operation source`
# a node, in published order, which is the order of weight creation.
_DATA = {
  # arXiv:1707.07012, as retrained by arXiv:1806.09055
  # (quark0/darts: cnn/genotypes.py).
  'NASNet': (
    'nasnet',
    {
      'normal': (
        """
            sep_conv_5x5 1  sep_conv_3x3 0
            sep_conv_5x5 0  sep_conv_3x3 0
            avg_pool_3x3 1  skip_connect 0
            avg_pool_3x3 0  avg_pool_3x3 0
            sep_conv_3x3 1  skip_connect 1""",
        (2, 3, 4, 5, 6),
      ),
      'reduce': (
        """
            sep_conv_5x5 1  sep_conv_7x7 0
            max_pool_3x3 1  sep_conv_7x7 0
            avg_pool_3x3 1  sep_conv_5x5 0
            skip_connect 3  avg_pool_3x3 2
            sep_conv_3x3 2  max_pool_3x3 1""",
        (4, 5, 6),
      ),
    },
  ),
  # arXiv:1802.01548, as retrained by arXiv:1806.09055 (same file).
  'AmoebaNet': (
    'nasnet',
    {
      'normal': (
        """
            avg_pool_3x3 0  max_pool_3x3 1
            sep_conv_3x3 0  sep_conv_5x5 2
            sep_conv_3x3 0  avg_pool_3x3 3
            sep_conv_3x3 1  skip_connect 1
            skip_connect 0  avg_pool_3x3 1""",
        (4, 5, 6),
      ),
      'reduce': (
        """
            avg_pool_3x3 0  sep_conv_3x3 1
            max_pool_3x3 0  sep_conv_7x7 2
            sep_conv_7x7 0  avg_pool_3x3 1
            max_pool_3x3 0  max_pool_3x3 1
            conv_7x1_1x7 0  sep_conv_3x3 5""",
        (3, 4, 6),
      ),
    },
  ),
  # arXiv:1806.09055, first order (same file).
  'DARTS_V1': (
    'darts',
    {
      'normal': (
        """
            sep_conv_3x3 1  sep_conv_3x3 0
            skip_connect 0  sep_conv_3x3 1
            skip_connect 0  sep_conv_3x3 1
            sep_conv_3x3 0  skip_connect 2""",
        (2, 3, 4, 5),
      ),
      'reduce': (
        """
            max_pool_3x3 0  max_pool_3x3 1
            skip_connect 2  max_pool_3x3 0
            max_pool_3x3 0  skip_connect 2
            skip_connect 2  avg_pool_3x3 0""",
        (2, 3, 4, 5),
      ),
    },
  ),
  # arXiv:1806.09055, second order (same file).
  'DARTS_V2': (
    'darts',
    {
      'normal': (
        """
            sep_conv_3x3 0  sep_conv_3x3 1
            sep_conv_3x3 0  sep_conv_3x3 1
            sep_conv_3x3 1  skip_connect 0
            skip_connect 0  dil_conv_3x3 2""",
        (2, 3, 4, 5),
      ),
      'reduce': (
        """
            max_pool_3x3 0  max_pool_3x3 1
            skip_connect 2  max_pool_3x3 1
            max_pool_3x3 0  skip_connect 2
            skip_connect 2  max_pool_3x3 1""",
        (2, 3, 4, 5),
      ),
    },
  ),
  # arXiv:1904.12760 (chenxin061/pdarts: genotypes.py).
  'P_DARTS': (
    'darts',
    {
      'normal': (
        """
            skip_connect 0  dil_conv_3x3 1
            skip_connect 0  sep_conv_3x3 1
            sep_conv_3x3 1  sep_conv_3x3 3
            sep_conv_3x3 0  dil_conv_5x5 4""",
        (2, 3, 4, 5),
      ),
      'reduce': (
        """
            avg_pool_3x3 0  sep_conv_5x5 1
            sep_conv_3x3 0  dil_conv_5x5 2
            max_pool_3x3 0  dil_conv_3x3 1
            dil_conv_3x3 1  dil_conv_5x5 3""",
        (2, 3, 4, 5),
      ),
    },
  ),
  # arXiv:1907.05737 (yuhuixu1993/PC-DARTS: genotypes.py).
  'PC_DARTS_CIFAR': (
    'darts',
    {
      'normal': (
        """
            sep_conv_3x3 1  skip_connect 0
            sep_conv_3x3 0  dil_conv_3x3 1
            sep_conv_5x5 0  sep_conv_3x3 1
            avg_pool_3x3 0  dil_conv_3x3 1""",
        (2, 3, 4, 5),
      ),
      'reduce': (
        """
            sep_conv_5x5 1  max_pool_3x3 0
            sep_conv_5x5 1  sep_conv_5x5 2
            sep_conv_3x3 0  sep_conv_3x3 3
            sep_conv_3x3 1  sep_conv_3x3 2""",
        (2, 3, 4, 5),
      ),
    },
  ),
}

PUBLISHED: tuple[str, ...] = tuple(_DATA)

_NUM_INPUTS = 2
_EDGES_PER_NODE = 2


def published_genotype(name: str) -> Genotype:
  """Returns a published genotype.

  Args:
    name: one of `PUBLISHED`, in upper or lower case.

  Raises:
    InputError: if the name is unknown.
  """
  for known, (space, cells) in _DATA.items():
    if known.lower() == str(name).lower():
      return Genotype(
        space,
        {cell: _cell(pairs, output) for cell, (pairs, output) in cells.items()},
      )
  raise unknown_name('genotype', name, PUBLISHED)


def _cell(pairs: str, output: tuple[int, ...]) -> CellGenotype:
  """Gives each pair its target: a node receives two pairs."""
  words = pairs.split()
  return CellGenotype(
    tuple(
      Edge(operation, int(source), _NUM_INPUTS + index // _EDGES_PER_NODE)
      for index, (operation, source) in enumerate(
        zip(words[::2], words[1::2], strict=True)
      )
    ),
    output,
  )
