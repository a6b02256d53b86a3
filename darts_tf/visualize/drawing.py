"""Draws the layout of a cell as SVG and with matplotlib."""

import html
import re

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path

from darts_tf.visualize.figure import new_figure
from darts_tf.visualize.layout import (
  ARROW,
  LABEL_FONT,
  NODE_FONT,
  Box,
  CellLayout,
  Curve,
  cell_layout,
)
from darts_tf.visualize.palette import family_colour

_INK = '#1f2933'
_OUTPUT_LINE = '#a3acb5'
_FILLS = {'input': '#e3f1e6', 'node': '#e4eefa', 'output': '#fbf0d5'}
_BORDERS = {'input': '#6fa57d', 'node': '#7fa3cc', 'output': '#c9a24b'}
_FONTS = "'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif"


def _line(kind: str) -> tuple[str, float, bool]:
  """Colour, width and whether dashed, of a curve."""
  if kind == 'output':
    return _OUTPUT_LINE, 1.2, False
  return family_colour(kind), 1.6, kind == 'none'


def _arrow(curve: Curve) -> list[tuple[float, float]]:
  """Corners of the arrow head; curves arrive level, from the left."""
  x, y = curve.points[-1]
  half = ARROW / 2
  return [(x, y - half), (x + ARROW, y), (x, y + half)]


def _svg_text(box: Box, font: float, colour: str, weight: str = '') -> str:
  text = html.escape(box.text)
  match = re.fullmatch(r'(.+)_\{(.+)\}', box.text)
  if match:
    text = (
      f'{html.escape(match[1])}<tspan dy="4" font-size="{font - 4:g}">'
      f'{html.escape(match[2])}</tspan>'
    )
  return (
    f'<text x="{box.x:.1f}" y="{box.y + 0.35 * font:.1f}"'
    f' font-size="{font:g}" fill="{colour}" text-anchor="middle"'
    f'{weight}>{text}</text>'
  )


def _svg_box(box: Box, radius: float, fill: str, stroke: str) -> str:
  return (
    f'<rect x="{box.x - box.width / 2:.1f}"'
    f' y="{box.y - box.height / 2:.1f}" width="{box.width:.1f}"'
    f' height="{box.height:.1f}" rx="{radius:g}" fill="{fill}"'
    f' stroke="{stroke}" stroke-width="1.2"/>'
  )


def _svg_curve(curve: Curve) -> str:
  colour, width, dashed = _line(curve.kind)
  start, *rest = (f'{x:.1f} {y:.1f}' for x, y in curve.points)
  dash = ' stroke-dasharray="5 4"' if dashed else ''
  head = ' '.join(f'{x:.1f},{y:.1f}' for x, y in _arrow(curve))
  return (
    f'<path d="M{start} C{" ".join(rest)}" fill="none"'
    f' stroke="{colour}" stroke-width="{width:g}"{dash}/>'
    f'<polygon points="{head}" fill="{colour}"/>'
  )


def layout_svg(
  layout: CellLayout, title: str, standalone: bool, scale: float
) -> str:
  """Draws a layout as SVG; see `cell_svg`."""
  size = f'{layout.width:.0f} {layout.height:.0f}'
  namespace = ' xmlns="http://www.w3.org/2000/svg"' if standalone else ''
  parts = [
    f'<svg{namespace} viewBox="0 0 {size}"'
    f' width="{scale * layout.width:.0f}"'
    f' height="{scale * layout.height:.0f}" role="img"'
    f' font-family="{_FONTS}">',
    f'<title>{html.escape(title)}</title>',
  ]
  if standalone:
    parts.append('<rect width="100%" height="100%" fill="#ffffff"/>')
  # Lines to the output go below all else.
  ordered = sorted(layout.curves, key=lambda curve: curve.kind != 'output')
  parts += [_svg_curve(curve) for curve in ordered]
  for box in layout.labels:
    colour = family_colour(box.kind)
    parts.append(_svg_box(box, box.height / 2, '#ffffff', colour))
    parts.append(_svg_text(box, LABEL_FONT, colour))
  for box in layout.nodes:
    parts.append(_svg_box(box, 8, _FILLS[box.kind], _BORDERS[box.kind]))
    parts.append(_svg_text(box, NODE_FONT, _INK, ' font-weight="bold"'))
  return '\n'.join(parts + ['</svg>'])


def cell_svg(
  cell,
  num_inputs: int = 2,
  name: str = 'cell',
  standalone: bool = True,
  scale: float = 1.0,
) -> str:
  """Draws a cell as SVG, without Graphviz.

  Args:
    cell: a `CellGenotype`: `edges` of (operation, source, target), and
      `output`.
    num_inputs: number of input nodes.
    name: title for screen readers.
    standalone: whether the text is a file of its own: with name space
      and white ground. Pages that hold the drawing need neither.
    scale: size of the drawing over its natural size.

  Returns:
    The SVG element.

  Raises:
    InputError: if `num_inputs` is not positive.
  """
  return layout_svg(cell_layout(cell, num_inputs), name, standalone, scale)


def _add_box(axes, box, rounding, fill, stroke, font, colour, weight):
  axes.add_patch(
    FancyBboxPatch(
      (box.x - box.width / 2, box.y - box.height / 2),
      box.width,
      box.height,
      boxstyle=f'round,pad=0,rounding_size={rounding}',
      facecolor=fill,
      edgecolor=stroke,
      linewidth=1.2,
      zorder=3,
    )
  )
  subscript = re.fullmatch(r'(\w+)_\{([\w-]+)\}', box.text)
  if subscript:
    lower = subscript[2].replace('-', '{-}')
    text = rf'$\mathbf{{{subscript[1]}}}_{{\mathbf{{{lower}}}}}$'
  else:
    text = box.text.replace('$', r'\$')
  axes.text(
    box.x,
    box.y,
    text,
    fontsize=font,
    color=colour,
    ha='center',
    va='center_baseline' if not subscript else 'center',
    fontweight=weight,
    zorder=4,
  )


def cell_figure(cell, num_inputs: int = 2) -> Figure:
  """Draws a cell with matplotlib, in the layout of `cell_svg`.

  Args:
    cell: a `CellGenotype`.
    num_inputs: number of input nodes.

  Returns:
    A figure of one point a CSS pixel.

  Raises:
    InputError: if `num_inputs` is not positive.
  """
  layout = cell_layout(cell, num_inputs)
  figure = new_figure(layout.width / 72, layout.height / 72)
  axes = figure.add_axes((0, 0, 1, 1))
  axes.set_xlim(0, layout.width)
  axes.set_ylim(layout.height, 0)
  axes.set_axis_off()
  for curve in layout.curves:
    colour, width, dashed = _line(curve.kind)
    codes = [Path.MOVETO] + [Path.CURVE4] * (len(curve.points) - 1)
    order = 1 if curve.kind == 'output' else 2
    axes.add_patch(
      PathPatch(
        Path(curve.points, codes),
        facecolor='none',
        edgecolor=colour,
        linewidth=width,
        linestyle=(0, (3, 2.5)) if dashed else 'solid',
        zorder=order,
      )
    )
    axes.add_patch(
      Polygon(_arrow(curve), facecolor=colour, linewidth=0, zorder=order)
    )
  for box in layout.labels:
    colour = family_colour(box.kind)
    _add_box(
      axes, box, box.height / 2, '#ffffff', colour, LABEL_FONT, colour, 'normal'
    )
  for box in layout.nodes:
    _add_box(
      axes,
      box,
      8,
      _FILLS[box.kind],
      _BORDERS[box.kind],
      NODE_FONT,
      _INK,
      'bold',
    )
  return figure
