"""Sorts operations into a few groups, for plots of many of them."""

import collections
from collections.abc import Callable, Iterable

from darts_tf.genotype.parameterized import Convolution, Pooling, parse
from darts_tf.visualize.palette import (
  convolution_colour,
  operation_colours,
  operation_family,
)

# Position in the stack, name, colour.
Group = tuple[tuple, str, str]

_DEPTHS = ('#9fc5e8', '#4f94d4', '#1d5fa8', '#12305c')
_WIDTHS = ('#cbb5e2', '#a77fd0', '#7a3e9d', '#45205c')
_UNNAMED = {
  'pool': '#ff9f40',
  'skip': '#2ca02c',
  'none': '#7f7f7f',
  'other': '#8c564b',
  'convolution': '#17a2b8',
}


def by_kernel(name: str) -> Group:
  """Groups by kernel and dilation; what has none stands for itself."""
  operation = parse(name)
  if not isinstance(operation, Convolution):
    return _other(name, name)
  kernel, dilation = operation.kernel, operation.dilation
  text = f'conv {kernel}x{kernel}' + (
    f', dilation {dilation}' if dilation > 1 else ''
  )
  return (
    (1, kernel, dilation),
    text,
    convolution_colour(Convolution(kernel, dilation)),
  )


def by_depth(name: str) -> Group:
  """Groups convolutions by the number of their units."""
  operation = parse(name)
  if not isinstance(operation, Convolution):
    return _other(name, _word(name))
  units = len(operation.widths) + 1
  place = min(units, len(_DEPTHS))
  text = f'{place} unit' + 's' * (place > 1)
  if place == len(_DEPTHS):
    text = f'{place} units or more'
  return (1, place), text, _DEPTHS[place - 1]


def by_width(name: str) -> Group:
  """Groups convolutions by their greatest width between units."""
  operation = parse(name)
  if not isinstance(operation, Convolution):
    return _other(name, _word(name))
  if not operation.widths:
    return (1, 0), '1 unit', _DEPTHS[0]
  width = max(operation.widths)
  for place, (most, text) in enumerate(
    ((1, 'width 1'), (2, 'width 2'), (4, 'width 3 or 4'))
  ):
    if width <= most:
      return (1, place + 1), text, _WIDTHS[place]
  return (1, len(_WIDTHS)), 'width 5 or more', _WIDTHS[-1]


def shares(
  names: Iterable[str], group: Callable[[str], Group]
) -> dict[Group, float]:
  """The share of each group among operations that count alike.

  Args:
    names: of the operations, with repetitions.
    group: one of the functions above.

  Returns:
    Group to share, in the order of the stack; the sum is 1.
  """
  counts = collections.Counter(map(group, names))
  total = sum(counts.values())
  return {key: counts[key] / total for key in sorted(counts)}


def _word(name: str) -> str:
  family = operation_family(name)
  return {
    'pool': 'pooling',
    'skip': 'skip connection',
    'convolution': 'other convolutions',
  }.get(family, name)


def _other(name: str, text: str) -> Group:
  """A group of what no numbers describe; those lie at the bottom."""
  family = operation_family(name)
  place = ('none', 'skip', 'pool', 'other', 'convolution').index(family)
  colour = _UNNAMED[family]
  if text == name and (
    family == 'convolution' or isinstance(parse(name), Pooling)
  ):
    colour = operation_colours([name])[name]
  return (0, place, text), text, colour
