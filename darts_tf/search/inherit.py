"""Weights of a supernet that go on in the next one."""

from collections.abc import Mapping

import numpy as np

from darts_tf.genotype.parameterized import parse
from darts_tf.models.supernet import Supernet
from darts_tf.morphism import morphisms
from darts_tf.schedule import Child


def inherit(
  old: Supernet,
  new: Supernet,
  children: Mapping[str, tuple[Mapping[str, Child], ...]],
  seed: tuple[int, ...],
) -> None:
  """Gives a supernet the weights of the one before it.

  Both have the same cells; candidates of edges may differ. The function
  copies the surviving candidates and all layers outside of edges, running
  statistics included. It makes the weights of each child from its parent's by
  its morphism. So all weights of the new supernet are functions of the old
  ones and the seed. Only draws of noise begin again, by the seed of the new
  supernet.

  Args:
    old: the supernet of the stage that has ended.
    new: the supernet of the next stage.
    children: kind to one mapping an edge, see `Change`.
    seed: seed of the new values in weights of children.
  """
  for target, source in zip(_others(new), _others(old), strict=True):
    target.assign(source.numpy())
  for cell in new.cells:
    index, kind = cell.plan.index, cell.plan.kind
    for edge, names in enumerate(cell.candidates):
      for column, name in enumerate(names):
        child = children[kind][edge].get(name)
        views = new.operation_weights(index, edge, name)
        weights = {
          key: view.read()
          for key, view in old.operation_weights(
            index, edge, name if child is None else child.parent
          ).items()
        }
        if child is not None:
          draw = np.random.default_rng([*seed, index, edge, column])
          _, weights = morphisms[child.morphism](
            parse(child.parent), weights, draw
          )
        for key, view in views.items():
          view.assign(weights[key])


def _others(supernet: Supernet) -> list:
  """Returns the variables that do not belong to edges."""
  of_edges = {
    id(variable)
    for cell in supernet.cells
    for layer in cell.mixed_edges
    for variable in layer.variables
  }
  return [v for v in supernet.variables if id(v) not in of_edges]
