"""All that may come into a space while it is searched, in a few cycles."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.morphism.morphism import closure
from darts_tf.search_space.parameterized import Convolution, parse
from darts_tf.search_space.space import SearchSpace, search_spaces

# As many as the published schedule has cycles that replace.
_STEPS = 5


def grown(space: SearchSpace, steps: int = _STEPS) -> SearchSpace:
  """The space with all candidates that a few morphisms reach.

  Searches whose cycles add candidates more than `steps` times can go
  beyond it.

  Args:
    space: a search space; one that does not grow is returned as it is.
    steps: morphisms in a row. Spaces without restrictions have no end.

  Returns:
    A space that does not grow, under the same name.
  """
  if space.growth is None:
    return space
  found = {}

  def names_of(names):
    if names not in found:
      starts = [op for op in map(parse, names) if isinstance(op, Convolution)]
      reached = {
        op.name: op
        for start in starts
        for op in closure(start, space.growth, steps)
      }
      new = sorted(op for name, op in reached.items() if name not in names)
      found[names] = (*names, *(op.name for op in new))
    return found[names]

  return dataclasses.replace(
    space,
    growth=None,
    candidates={
      kind: tuple(names_of(names) for names in edges)
      for kind, edges in space.candidates.items()
    },
  )


def whole_space(name: str) -> SearchSpace:
  """A registered space, with all candidates that a few morphisms reach."""
  return grown(search_spaces[name])


def spread_weights(
  weights: Mapping[str, np.ndarray],
  space: SearchSpace,
  wider: SearchSpace,
  kinds: Mapping[str, str],
) -> dict[str, np.ndarray]:
  """Mixing weights by the candidates of a wider space.

  Args:
    weights: group to `(edges, candidates)`, by those of `space`.
    space: the space of the weights.
    wider: a space that has at least its candidates.
    kinds: group to cell kind.

  Returns:
    Group to weights, 0 for candidates that `space` lacks.

  Raises:
    InputError: if `space` has a candidate that `wider` lacks.
  """
  result = {}
  for group, matrix in weights.items():
    kind = kinds[group]
    result[group] = np.zeros(wider.candidate_mask(kind).shape)
    for row, (names, all_names) in enumerate(
      zip(space.candidates[kind], wider.candidates[kind], strict=True)
    ):
      if missing := [name for name in names if name not in all_names]:
        raise InputError(
          'A candidate is more morphisms away from the first ones than are'
          ' looked at; expected a search whose candidates came in at most'
          f' {_STEPS} cycles. Received: operation={missing[0]!r}'
        )
      columns = [all_names.index(name) for name in names]
      result[group][row, columns] = matrix[row, : len(names)]
  return result
