"""Colours shared by drawings of cells and by plots."""

import colorsys

from darts_tf.genotype.parameterized import Convolution, parse

# One colour a family, dark enough to be read as text on white.
_FAMILIES = {
  'convolution': '#1d5fa8',
  'pool': '#b4510b',
  'skip': '#1b7a3d',
  'none': '#767676',
  'other': '#7a3e9d',
}

# Lines of a plot need to be told apart, not only by family.
_OPERATIONS = {
  'none': '#7f7f7f',
  'max_pool_3x3': '#d62728',
  'avg_pool_3x3': '#ff9f40',
  'skip_connect': '#2ca02c',
  'sep_conv_3x3': '#1f77b4',
  'sep_conv_5x5': '#12305c',
  'sep_conv_7x7': '#17a2b8',
  'dil_conv_3x3': '#b58be0',
  'dil_conv_5x5': '#6a2fa0',
  'conv_7x1_1x7': '#c2599b',
  'nor_conv_1x1': '#56a0d3',
  'nor_conv_3x3': '#12305c',
  'noise': '#8c564b',
}


def operation_family(operation: str) -> str:
  """Family of an operation, judged by its name.

  Args:
    operation: name as in a genotype, e.g. `sep_conv_3x3`.

  Returns:
    `convolution`, `pool`, `skip`, `none` or `other`.
  """
  if operation == 'none':
    return 'none'
  for word, family in (
    ('skip', 'skip'),
    ('identity', 'skip'),
    ('pool', 'pool'),
    ('conv', 'convolution'),
  ):
    if word in operation:
      return family
  return 'other'


def family_colour(family: str) -> str:
  """Colour `#rrggbb` of a family of operations."""
  return _FAMILIES[family]


def known_first(operations: list[str]) -> list[str]:
  """Orders names: published ones in one order, then others.

  Args:
    operations: distinct names.

  Returns:
    The names; convolutions such as `conv_k3_d1` by their numbers, and last,
    as given, what is neither.
  """
  known = [name for name in _OPERATIONS if name in operations]
  convolutions = sorted(
    operation
    for name in operations
    if isinstance(operation := parse(name), Convolution)
  )
  known += [operation.name for operation in convolutions]
  return known + [name for name in operations if name not in known]


def convolution_colour(operation: Convolution) -> str:
  """Colour of a convolution that numbers describe, the same in every plot.

  The hue tells kernel and dilation, from cyan for 1x1 to pink for 7x7;
  the deeper a convolution is, the darker. Widths change hue and saturation
  a little.

  Args:
    operation: the convolution.

  Returns:
    `#rrggbb`.
  """
  # An irrational factor spreads the numbers evenly between 0 and 1.
  spread = 0.5
  for width in operation.widths:
    spread = (spread + width) * 0.7548776662 % 1
  # A 1x1 would be as green as a skip connection.
  hue = max(0.49, 0.44 + 0.065 * (operation.kernel - 1)) + (
    0.05 * (operation.dilation - 1) + 0.03 * (spread - 0.5)
  )
  depth = 0.72 ** len(operation.widths)
  return _hex(hue % 1, 0.2 + 0.4 * depth, 0.45 + 0.5 * spread)


def _hex(hue: float, lightness: float, saturation: float) -> str:
  rgb = colorsys.hls_to_rgb(hue, lightness, saturation)
  return '#' + ''.join(f'{round(255 * c):02x}' for c in rgb)


def operation_colours(operations: list[str]) -> dict[str, str]:
  """Gives each operation of a plot its own colour.

  Args:
    operations: distinct names.

  Returns:
    Name to `#rrggbb`. Published operations and convolutions such as
    `conv_k3_d1_m1` have the same colour in every plot; others share the
    circle of hues evenly.
  """
  colours = dict.fromkeys(operations, '')
  unknown = []
  for name in operations:
    operation = parse(name)
    if name in _OPERATIONS:
      colours[name] = _OPERATIONS[name]
    elif isinstance(operation, Convolution):
      colours[name] = convolution_colour(operation)
    else:
      unknown.append(name)
  for i, name in enumerate(unknown):
    colours[name] = _hex(i / len(unknown), 0.45, 0.6)
  return colours
