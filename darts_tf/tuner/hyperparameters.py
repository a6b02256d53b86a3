"""Genotypes as the hyperparameters of Keras Tuner."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras_tuner

from darts_tf.discretize.choices import (
  NodeChoice,
  assemble,
  canonical,
  node_choices,
)
from darts_tf.genotype import Edge, Genotype
from darts_tf.search_space import SearchSpace, search_spaces

# Value of a trial whose architecture the space's own rule cannot derive, as
# JSON.
GENOTYPE = 'genotype'
# What the parts of an architecture are that no choice says.
UNKNOWN = '?'


def declare_genotype(
  hyperparameters: keras_tuner.HyperParameters,
  space: SearchSpace,
  num_cells: int | None = None,
) -> None:
  """Registers one `Choice` for each part of a genotype.

  `GROUP/node_N/from_M` is the operation from node M to node N. Where a node
  keeps only some of its edges, `GROUP/node_N/inputs` says which nodes it
  reads, as `0+2`, and the operations of the other edges are inactive. Each
  architecture has exactly one set of active values.

  Args:
    hyperparameters: receives them.
    space: a registered search space.
    num_cells: number of cells, where each has an architecture of its own.
  """
  for choice in node_choices(space, num_cells):
    subsets = choice.subsets()
    if len(subsets) > 1:
      hyperparameters.Choice(
        _inputs(choice), [_joined(sources) for sources in subsets]
      )
    for source in choice.sources:
      condition = {}
      if len(subsets) > 1:
        condition = {
          'parent_name': _inputs(choice),
          'parent_values': [
            _joined(sources) for sources in subsets if source in sources
          ],
        }
      hyperparameters.Choice(
        _operation(choice, source),
        list(choice.operations_from(source)),
        **condition,
      )


def genotype_values(
  genotype: Genotype, num_cells: int | None = None
) -> dict[str, str]:
  """The active values of a genotype.

  An architecture that cannot be the result of the space's own
  discretization, say of nodes with other numbers of inputs, is in the value
  `genotype`, as JSON; the parts are then `?`.

  Args:
    genotype: an architecture of a registered search space.
    num_cells: see `declare_genotype`.

  Returns:
    Name to value.

  Raises:
    InputError: if the architecture is not one of its space, or of another
      number of cells.
  """
  space = search_spaces[genotype.search_space].whole()
  choices = node_choices(space, num_cells)
  groups = {choice.group for choice in choices}
  space.check(genotype, None if space.shared_cells else len(groups))
  if any(
    cell.output != space.topology.output for cell in genotype.cells.values()
  ):
    return _whole(genotype, choices)
  values = {}
  for choice in choices:
    incoming = genotype.cells[choice.group].incoming(choice.node)
    edges = {edge.source: edge.operation for edge in incoming}
    sources = tuple(sorted(edges))
    if (
      len(incoming) > len(edges)
      or sources not in choice.subsets()
      or any(
        name not in choice.operations_from(source)
        for source, name in edges.items()
      )
    ):
      return _whole(genotype, choices)
    if len(choice.subsets()) > 1:
      values[_inputs(choice)] = _joined(sources)
    for source in sources:
      values[_operation(choice, source)] = edges[source]
  return values


def genotype_of(
  values: Mapping[str, Any], space: SearchSpace, num_cells: int | None = None
) -> Genotype | None:
  """Inverts `genotype_values`.

  Args:
    values: of hyperparameters; others may be among them.
    space: the search space.
    num_cells: see `declare_genotype`.

  Returns:
    The genotype; `None` if the values are not those of one, as in a search
    that has not ended.

  Raises:
    InputError: if the space does not hold the genotype that is given as
      JSON.
  """
  if GENOTYPE in values:
    genotype = Genotype.from_json(values[GENOTYPE])
    space.check(genotype)
    return genotype
  cells = {}
  for choice in node_choices(space, num_cells):
    subsets = {_joined(sources): sources for sources in choice.subsets()}
    sources = choice.sources
    if len(subsets) > 1:
      sources = subsets.get(values.get(_inputs(choice)))
      if sources is None:
        return None
    for source in sources:
      name = values.get(_operation(choice, source))
      if name not in choice.operations_from(source):
        return None
      cells.setdefault(choice.group, []).append(Edge(name, source, choice.node))
  return assemble(space, cells)


def genotype_names(
  space: SearchSpace, num_cells: int | None = None
) -> frozenset[str]:
  """The names of all values that `genotype_values` may return."""
  hyperparameters = keras_tuner.HyperParameters()
  declare_genotype(hyperparameters, space, num_cells)
  return frozenset(hp.name for hp in hyperparameters.space) | {GENOTYPE}


def unknown_parts(
  space: SearchSpace, num_cells: int | None = None
) -> dict[str, str]:
  """The values of an architecture that is not known by its parts.

  Keras Tuner draws what is declared, has no condition and has no value.

  Args:
    space: a registered search space.
    num_cells: see `declare_genotype`.
  """
  return _unknown(node_choices(space, num_cells))


def _unknown(choices: Sequence[NodeChoice]) -> dict[str, str]:
  values = {}
  for choice in choices:
    if len(choice.subsets()) > 1:
      values[_inputs(choice)] = UNKNOWN
    else:
      values |= {
        _operation(choice, source): UNKNOWN for source in choice.sources
      }
  return values


def _whole(genotype: Genotype, choices: Sequence[NodeChoice]) -> dict[str, str]:
  """The values of an architecture that is not made up of the choices."""
  return {**_unknown(choices), GENOTYPE: canonical(genotype).to_json()}


def _inputs(choice: NodeChoice) -> str:
  return f'{choice.group}/node_{choice.node}/inputs'


def _operation(choice: NodeChoice, source: int) -> str:
  return f'{choice.group}/node_{choice.node}/from_{source}'


def _joined(sources: tuple[int, ...]) -> str:
  return '+'.join(map(str, sources))
