"""Colours shared by drawings of cells and by plots."""

import colorsys

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
      ('skip', 'skip'), ('identity', 'skip'), ('pool', 'pool'),
      ('conv', 'convolution')):
    if word in operation:
      return family
  return 'other'


def family_colour(family: str) -> str:
  """Colour `#rrggbb` of a family of operations."""
  return _FAMILIES[family]


def known_first(operations: list[str]) -> list[str]:
  """Orders names: published ones in one order, then others as given."""
  known = [name for name in _OPERATIONS if name in operations]
  return known + [name for name in operations if name not in _OPERATIONS]


def operation_colours(operations: list[str]) -> dict[str, str]:
  """Gives each operation of a plot its own colour.

  Args:
    operations: distinct names.

  Returns:
    Name to `#rrggbb`. Published operations have the same colour in every
    plot; others share the circle of hues evenly.
  """
  unknown = [name for name in operations if name not in _OPERATIONS]
  colours = {}
  for name in operations:
    if name in _OPERATIONS:
      colours[name] = _OPERATIONS[name]
    else:
      hue = unknown.index(name) / len(unknown)
      rgb = colorsys.hls_to_rgb(hue, 0.45, 0.6)
      colours[name] = '#' + ''.join(f'{round(255 * c):02x}' for c in rgb)
  return colours
