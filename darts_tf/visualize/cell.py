"""Pictures of the cells of a genotype."""

import os
import shutil

import graphviz
from absl import logging

from darts_tf.genotype import Genotype
from darts_tf.runs.workdir import atomic_write_bytes, atomic_write_text
from darts_tf.search_space import search_spaces
from darts_tf.visualize.drawing import cell_figure, cell_svg
from darts_tf.visualize.figure import save_figure
from darts_tf.visualize.layout import input_names, live_cell, node_names
from darts_tf.visualize.overview import MANY_CELLS, genotype_overview
from darts_tf.visualize.palette import family_colour, operation_family

GRAPHVIZ_HINT = (
  'Cells were drawn without Graphviz. Installing it (`apt-get install'
  ' graphviz`) draws the SVG and PNG files by its program `dot`.'
)


def cell_graph(cell, name: str, num_inputs: int = 2) -> graphviz.Digraph:
  """Describes a cell in the language of Graphviz.

  Args:
    cell: a `CellGenotype`: `edges` of (operation, source, target), and
      `output`.
    name: name of the graph.
    num_inputs: number of input nodes.

  Returns:
    A graph from left to right: inputs `c_{k-2}` and `c_{k-1}` (or
    `input`), intermediate nodes from `0`, output `c_{k}`. Missing nodes,
    see `CellGenotype.live`, are left out.

  Raises:
    InputError: if `num_inputs` is not positive, or no output node exists.
  """
  cell = live_cell(cell, num_inputs)
  graph = graphviz.Digraph(
    name,
    graph_attr={'rankdir': 'LR', 'nodesep': '0.25', 'ranksep': '0.6'},
    node_attr={
      'shape': 'box',
      'style': 'rounded,filled',
      'fontname': 'Helvetica',
      'fontsize': '18',
      'penwidth': '1.4',
      'height': '0.5',
      'width': '0.5',
      'fillcolor': '#e4eefa',
      'color': '#7fa3cc',
    },
    edge_attr={'fontname': 'Helvetica', 'fontsize': '15'},
  )
  with graph.subgraph() as inputs:
    inputs.attr(rank='same')
    for label in input_names(num_inputs):
      inputs.node(label, fillcolor='#e3f1e6', color='#6fa57d')
  names = node_names(cell, num_inputs)
  for node, label in names.items():
    if node >= num_inputs:
      graph.node(label)
  graph.node('c_{k}', fillcolor='#fbf0d5', color='#c9a24b')
  for operation, source, target in cell.edges:
    family = operation_family(operation)
    colour = family_colour(family)
    graph.edge(
      names[source],
      names[target],
      label=graphviz.escape(operation),
      color=colour,
      fontcolor=colour,
      style='dashed' if family == 'none' else 'solid',
    )
  for node in cell.output:
    graph.edge(names[node], 'c_{k}', color='#a3acb5')
  return graph


def graphviz_hint() -> str | None:
  """One line for those who have no `dot`; `None` for those who have."""
  return None if shutil.which('dot') else GRAPHVIZ_HINT


def _rendered_by_dot(graph: graphviz.Digraph) -> dict[str, bytes] | None:
  """SVG and PNG by `dot`, or `None` if it is missing or broken."""
  if shutil.which('dot') is None:
    logging.info(GRAPHVIZ_HINT)
    return None
  try:
    return {kind: graph.pipe(format=kind) for kind in ('svg', 'png')}
  except (graphviz.CalledProcessError, graphviz.ExecutableNotFound) as error:
    logging.warning('The program `dot` failed: %s. %s', error, GRAPHVIZ_HINT)
    return None


def draw(genotype: Genotype, directory: str | os.PathLike = '.') -> list[str]:
  """Draws the cells of a genotype of a registered search space.

  Args:
    genotype: the architecture.
    directory: see `draw_cells`.

  Returns:
    The paths written.

  Raises:
    InputError: if the search space is unknown.
  """
  space = search_spaces[genotype.search_space]
  return draw_cells(genotype, directory, space.topology.num_inputs)


def draw_cells(
  genotype, directory: str | os.PathLike[str], num_inputs: int = 2
) -> list[str]:
  """Writes `<cell>.gv`, `<cell>.svg` and `<cell>.png` for each cell.

  The pictures are made by Graphviz if its program `dot` is on the path,
  else by this package's own layout, and a line in the log says so. More
  than four cells are drawn together as well, in `cells.png`.

  Args:
    genotype: a `Genotype`: `cells` maps names to `CellGenotype`s.
    directory: where to write; made if needed.
    num_inputs: number of input nodes of each cell.

  Returns:
    The paths written.

  Raises:
    InputError: if `num_inputs` is not positive, or a cell has no output.
  """
  os.makedirs(directory, exist_ok=True)
  paths = []
  for name, cell in genotype.cells.items():
    stem = os.path.join(directory, name)
    graph = cell_graph(cell, name, num_inputs)
    atomic_write_text(f'{stem}.gv', graph.source)
    rendered = _rendered_by_dot(graph)
    if rendered:
      atomic_write_bytes(f'{stem}.svg', rendered['svg'])
      atomic_write_bytes(f'{stem}.png', rendered['png'])
    else:
      atomic_write_text(f'{stem}.svg', cell_svg(cell, num_inputs, name))
      save_figure(cell_figure(cell, num_inputs), f'{stem}.png')
    paths += [f'{stem}.{kind}' for kind in ('gv', 'svg', 'png')]
  if len(genotype.cells) > MANY_CELLS:
    kinds = dict.fromkeys(genotype.cells, 'normal')
    if genotype.search_space in search_spaces:
      kinds = search_spaces[genotype.search_space].groups(len(kinds))
    paths.append(
      save_figure(
        genotype_overview(genotype, kinds), os.path.join(directory, 'cells.png')
      )
    )
  return paths
