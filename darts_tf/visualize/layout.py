"""The places of the nodes, operations and curves of a drawn cell.

A layered drawing (Sugiyama, Tagawa and Toda, 1981): nodes stand in columns
by depth, and each operation's name is a box of its own in a column between
them, so that names never cover each other. Long edges get an invisible
place in each column they cross.
"""

import dataclasses

from darts_tf.config.errors import InputError
from darts_tf.genotype import CellGenotype
from darts_tf.visualize import ordering
from darts_tf.visualize.palette import operation_family

LABEL_FONT = 12.0
NODE_FONT = 14.0
_CHARACTER = 0.64  # Width of an average character of a wide sans-serif.
_MARGIN = 14.0
_PORT = 9.0
ARROW = 7.0


@dataclasses.dataclass(frozen=True)
class Box:
  """A rectangle with a text in it.

  Args:
    x: horizontal centre, from the left.
    y: vertical centre, from the top.
    width: full width.
    height: full height.
    text: the text in the box.
    kind: `input`, `node` or `output`, or the family of an operation.
  """

  x: float
  y: float
  width: float
  height: float
  text: str
  kind: str


@dataclasses.dataclass(frozen=True)
class Curve:
  """A chain of cubic Bezier curves that ends in an arrow head.

  Args:
    points: first point, then three points for each cubic curve.
    kind: family of the operation, or `output`.
  """

  points: tuple[tuple[float, float], ...]
  kind: str


@dataclasses.dataclass(frozen=True)
class CellLayout:
  """A drawing of a cell; lengths are CSS pixels, `y` grows downwards."""

  width: float
  height: float
  nodes: tuple[Box, ...]
  labels: tuple[Box, ...]
  curves: tuple[Curve, ...]


def input_names(num_inputs: int) -> tuple[str, ...]:
  """Names a cell's inputs: `input`, or `c_{k-2}`, `c_{k-1}` for two."""
  if num_inputs < 1:
    raise InputError(
      'A cell has inputs; expected a positive number.'
      f' Received: num_inputs={num_inputs}'
    )
  if num_inputs == 1:
    return ('input',)
  return tuple(f'c_{{k-{num_inputs - i}}}' for i in range(num_inputs))


def live_cell(cell, num_inputs: int) -> CellGenotype:
  """Returns the cell that a network has: missing nodes are not drawn.

  Args:
    cell: a `CellGenotype`, or an object with its `edges` and `output`.
    num_inputs: number of input nodes.

  Raises:
    InputError: if `num_inputs` is not positive, or no output node exists.
  """
  input_names(num_inputs)  # Raises if there are none.
  return CellGenotype(cell.edges, cell.output).live(num_inputs)


def node_names(cell, num_inputs: int) -> dict[int, str]:
  """Names the nodes of a cell, without its output.

  Args:
    cell: a `CellGenotype`.
    num_inputs: number of input nodes.

  Returns:
    Node index to name; intermediate nodes count from `0`.
  """
  names = dict(enumerate(input_names(num_inputs)))
  used = {node for _, *ends in cell.edges for node in ends}
  for node in sorted(used | set(cell.output)):
    if node >= num_inputs:
      names[node] = str(node - num_inputs)
  return names


def _text_width(text: str, font: float) -> float:
  if '{' in text:  # `c_{k-2}` is drawn as a letter with a subscript.
    text = text.translate({ord(mark): '' for mark in '_{}'})
  return _CHARACTER * font * len(text)


def _depths(cell, names: dict[int, str], num_inputs: int) -> dict[int, int]:
  """Returns the longest path from the inputs to each node."""
  depth = {node: int(node >= num_inputs) for node in names}
  for _, source, target in sorted(cell.edges, key=lambda edge: edge[2]):
    depth[target] = max(depth[target], depth[source] + 1)
  return depth


class _Graph:
  """The items of each column, and the chain of items of each edge."""

  def __init__(self, cell, num_inputs: int):
    names = node_names(cell, num_inputs)
    ranks = {
      node: 2 * depth
      for node, depth in _depths(cell, names, num_inputs).items()
    }
    sink = max(names) + 1
    # No names stand before the output, so it needs no column for them.
    ranks[sink] = max(ranks.values()) + 1
    names[sink] = 'c_{k}'
    self.boxes: dict[int, Box] = {}
    self.columns: list[list[int]] = [[] for _ in range(ranks[sink] + 1)]
    self.chains: list[tuple[list[int], str]] = []
    self.label_items: list[int] = []
    self._next = sink + 1  # Places on edges are numbered after the nodes.
    edges = [(source, target, name) for name, source, target in cell.edges]
    edges += [(node, sink, None) for node in cell.output]
    for node, name in names.items():
      links = max(
        sum(s == node for s, _, _ in edges), sum(t == node for _, t, _ in edges)
      )
      kind = (
        'input' if node < num_inputs else 'output' if node == sink else 'node'
      )
      self.boxes[node] = Box(
        0,
        0,
        max(34.0, _text_width(name, NODE_FONT) + 20),
        max(32.0, _PORT * links + 8),
        name,
        kind,
      )
      self.columns[ranks[node]].append(node)
    self.node_items = tuple(names)
    labels = [0] * len(self.columns)
    for source, target, name in edges:
      first, last = ranks[source], ranks[target]
      label = None
      if name is not None:
        # The emptiest column takes the name; the nearest to the target
        # if there is a choice.
        label = min(range(last - 1, first, -2), key=labels.__getitem__)
        labels[label] += 1
      chain = [source]
      for rank in range(first + 1, last):
        chain.append(self._place(rank, name if rank == label else None))
      kind = 'output' if name is None else operation_family(name)
      self.chains.append((chain + [target], kind))

  def _place(self, rank: int, name: str | None) -> int:
    """Adds a place on an edge to a column."""
    item = self._next
    self._next += 1
    self.columns[rank].append(item)
    if name is None:
      self.boxes[item] = Box(0, 0, 0.0, 4.0, '', 'pass')
    else:
      self.label_items.append(item)
      self.boxes[item] = Box(
        0,
        0,
        _text_width(name, LABEL_FONT) + 16,
        22.0,
        name,
        operation_family(name),
      )
    return item

  def links(self) -> list[tuple[int, int]]:
    """Returns pairs of items in neighbouring columns that a curve joins."""
    return [
      pair
      for chain, _ in self.chains
      for pair in zip(chain, chain[1:], strict=False)
    ]


def _column_centres(
  columns: list[list[int]],
  links: list[tuple[int, int]],
  boxes: dict[int, Box],
  y: dict[int, float],
) -> tuple[list[float], list[float], float]:
  """Returns centres and widths of columns, and the width of the drawing."""
  rank_of = {item: r for r, column in enumerate(columns) for item in column}
  steepest = [0.0] * len(columns)
  for a, b in links:
    steepest[rank_of[a]] = max(steepest[rank_of[a]], abs(y[a] - y[b]))
  centres, widths, left = [], [], _MARGIN
  for rank, column in enumerate(columns):
    width = max((boxes[item].width for item in column), default=0.0)
    centres.append(left + width / 2)
    widths.append(width)
    # Steep curves need room to bend.
    left += width + min(96.0, max(30.0, 0.4 * steepest[rank]))
  return centres, widths, centres[-1] + widths[-1] / 2 + _MARGIN


def _ports(
  chains: list[tuple[list[int], str]],
  boxes: dict[int, Box],
  y: dict[int, float],
) -> dict[tuple[int, bool], float]:
  """Returns the heights at which curves leave and enter nodes.

  Returns:
    `(index of the chain, whether it is the chain's end)` to `y`.
  """
  sides: dict[tuple[int, bool], list[tuple[float, int]]] = {}
  for index, (chain, _) in enumerate(chains):
    sides.setdefault((chain[0], False), []).append((y[chain[1]], index))
    sides.setdefault((chain[-1], True), []).append((y[chain[-2]], index))
  ports = {}
  for (node, end), others in sides.items():
    step = min(_PORT, (boxes[node].height - 8) / len(others))
    for i, (_, index) in enumerate(sorted(others)):
      ports[index, end] = y[node] + step * (i - (len(others) - 1) / 2)
  return ports


def _bend(start: tuple[float, float], end: tuple[float, float]) -> list:
  """Returns control points and end of a curve, level at both ends."""
  middle = (start[0] + end[0]) / 2
  return [(middle, start[1]), (middle, end[1]), end]


def cell_layout(cell, num_inputs: int = 2) -> CellLayout:
  """Places the nodes, operations and curves of a cell.

  Args:
    cell: a `CellGenotype`: `edges` of (operation, source, target), and
      `output`.
    num_inputs: number of input nodes.

  Returns:
    The layout; the same cell always gets the same one.

  Raises:
    InputError: if `num_inputs` is not positive, or no output node exists.
  """
  graph = _Graph(live_cell(cell, num_inputs), num_inputs)
  links = graph.links()
  columns = ordering.order_columns(graph.columns, links)
  heights = {item: box.height for item, box in graph.boxes.items()}
  y = ordering.vertical_places(columns, links, heights)
  top = min(y[item] - heights[item] / 2 for item in y) - _MARGIN
  y = {item: value - top for item, value in y.items()}
  centres, widths, width = _column_centres(columns, links, graph.boxes, y)
  ports = _ports(graph.chains, graph.boxes, y)
  rank_of = {item: r for r, column in enumerate(columns) for item in column}

  curves = []
  for index, (chain, kind) in enumerate(graph.chains):
    source, target = graph.boxes[chain[0]], graph.boxes[chain[-1]]
    points = [
      (centres[rank_of[chain[0]]] + source.width / 2, ports[index, False])
    ]
    for item in chain[1:-1]:
      rank = rank_of[item]
      left = (centres[rank] - widths[rank] / 2, y[item])
      right = (centres[rank] + widths[rank] / 2, y[item])
      points += _bend(points[-1], left) + _bend(left, right)
    tip = (centres[rank_of[chain[-1]]] - target.width / 2, ports[index, True])
    points += _bend(points[-1], (tip[0] - ARROW, tip[1]))
    curves.append(Curve(tuple(points), kind))

  def placed(items):
    return tuple(
      dataclasses.replace(
        graph.boxes[item], x=centres[rank_of[item]], y=y[item]
      )
      for item in items
    )

  bottom = max(y[item] + heights[item] / 2 for item in y) + _MARGIN
  return CellLayout(
    width,
    bottom,
    placed(graph.node_items),
    placed(graph.label_items),
    tuple(curves),
  )
