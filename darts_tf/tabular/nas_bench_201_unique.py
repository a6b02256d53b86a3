"""Cells of NAS-Bench-201 that are the same function (arXiv:2001.00326)."""

import itertools
from collections.abc import Iterator

from darts_tf.genotype import Genotype
from darts_tf.genotype.text import parse_nas_bench_201
from darts_tf.search_space.nas_bench_201 import (
  NAS_BENCH_201,
  NAS_BENCH_201_CANDIDATES,
)

ZERO = '0'
_INPUT = 'x'
# Sorts before a bracket, as in the code of the benchmark; see published_form.
_PUBLISHED_ZERO = '#'


def architecture_string(cell: Genotype | str) -> str:
  """Returns the NAS-Bench-201 string of a genotype, or checks a string.

  Raises:
    InputError: if the genotype is of another space, or if the string is
      malformed or names an unknown operation.
  """
  if not isinstance(cell, Genotype):
    cell = Genotype.from_nas_bench_201_string(cell)
  NAS_BENCH_201.check(cell)
  return cell.to_nas_bench_201_string()


def all_architectures() -> Iterator[str]:
  """Yields the 5^6 = 15,625 strings of the space."""
  template = '|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|'
  for operations in itertools.product(NAS_BENCH_201_CANDIDATES, repeat=6):
    yield template.format(*operations)


def canonical_form(
  cell: Genotype | str, distinguish_shared: bool = True
) -> str:
  """Returns an expression that is the same for cells of the same function.

  With the states s_0 = x and s_j = sum of o_ij(s_i) over i < j, the form is
  s_3 written out in x, after these simplifications:

  - `none` gives no term, and so does any operation on a state without
    terms. (In truth a convolution of zeros is the offset of its batch
    normalization, the same at all places of all images.)
  - `skip_connect` gives the terms of its source.
  - Terms are sorted, since sums have no order. Equal terms stay: x + x is
    twice the input, and two convolutions of x have weights of their own.

  One convolution used twice is not two convolutions. Only the edge from
  node 0 to node 1 can be used twice, by way of 1 to 3 and 1 to 2 to 3; then
  its convolution is marked `nor_conv_3x3*(x)`.

  Identities that change the scale or the place of an operation are left
  alone: pooling is linear, and convolutions before a batch normalization do
  not see the scale of their input.

  Args:
    cell: a genotype of the space `nas_bench_201`, or its string.
    distinguish_shared: whether to mark a convolution that is used twice.
      Without the mark, forms are plain expressions, and some cells that
      differ in what they can learn have the same one.

  Returns:
    E.g. `nor_conv_1x1(avg_pool_3x3(x) + x) + x`; `0` for a cell whose output
    does not depend on its input.

  Raises:
    InputError: if the genotype is of another space, or if the string is
      malformed or names an unknown operation.
  """
  edges = parse_nas_bench_201(architecture_string(cell))
  operations = {(source, target): name for name, source, target in edges}
  shared = (
    distinguish_shared
    and operations[0, 1].startswith('nor_conv')
    and 'none' not in (operations[1, 3], operations[1, 2], operations[2, 3])
  )
  states = {0: [_INPUT], 1: [], 2: [], 3: []}
  for operation, source, target in edges:
    if operation == 'none' or not states[source]:
      continue
    if operation == 'skip_connect':
      states[target] += states[source]
    else:
      mark = '*' if shared and target == 1 else ''
      states[target].append(
        f'{operation}{mark}({" + ".join(sorted(states[source]))})'
      )
  return ' + '.join(sorted(states[3])) or ZERO


def published_form(cell: Genotype | str, zeros: bool = True) -> str:
  """Returns the form by which NAS-Bench-201 counts unique architectures.

  This is the rule of the benchmark's own code (`to_unique_str`), which makes
  6,466 forms of 15,625 strings. It simplifies less than `canonical_form`. An
  operation on zero is zero, but zeros stay in sums, and a sum of zeros is not
  zero. A skip gives one term to be sorted, even if its source is a sum. The
  rule does not tell a convolution that is used twice from two.

  Args:
    cell: a genotype of the space `nas_bench_201`, or its string.
    zeros: whether `none` gives zero. If not, it is an operation like any
      other, which makes 12,751 forms.

  Returns:
    The expression, with operations written after their operands and zeros
    as `#`. The number of forms depends on this notation, since terms are
    sorted as text: with zeros that sort after brackets there are 6,475.

  Raises:
    InputError: if the genotype is of another space, or if the string is
      malformed or names an unknown operation.
  """
  states = {0: _INPUT}
  terms = {1: [], 2: [], 3: []}
  edges = parse_nas_bench_201(architecture_string(cell))
  for operation, source, target in edges:
    # Edges are listed by target, so a source is complete when it is read.
    if source not in states:
      states[source] = '+'.join(sorted(terms[source]))
    state = states[source]
    if operation == 'skip_connect':
      term = state
    elif zeros and (operation == 'none' or state == _PUBLISHED_ZERO):
      term = _PUBLISHED_ZERO
    else:
      term = f'({state})@{operation}'
    terms[target].append(term)
  return '+'.join(sorted(terms[3]))
