"""Changes of a convolution to another that inherits its weights."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from darts_tf.config.registry import Registry
from darts_tf.genotype.parameterized import Convolution
from darts_tf.morphism.growth import Growth

# Name to array, as `SeparableConv.weight_views` has them.
Weights = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Morphism:
  """A change of a convolution that keeps what it has learned.

  Args:
    name: name of the morphism.
    operation: `operation(convolution)` returns the changed convolution, or
      `None` where there is nothing to change.
    weights: `weights(convolution, weights, draw)` returns the weights of
      the changed one; new weights are drawn from `draw`. Neither function
      changes its arguments.
    preserves: whether the output stays exactly the same.
  """

  name: str
  operation: Callable[[Convolution], Convolution | None]
  weights: Callable[
    [Convolution, Weights, np.random.Generator], dict[str, np.ndarray]
  ]
  preserves: bool

  def __call__(
    self, convolution: Convolution, weights: Weights, draw: np.random.Generator
  ) -> tuple[Convolution, dict[str, np.ndarray]]:
    """Returns the changed convolution and its weights."""
    return (
      self.operation(convolution),
      self.weights(convolution, weights, draw),
    )


morphisms: Registry[Morphism] = Registry('morphism')


def children(
  convolution: Convolution, growth: Growth
) -> Iterator[tuple[Morphism, Convolution]]:
  """Yields the morphisms that a space allows, and the convolutions they give.

  Args:
    convolution: the parent.
    growth: restrictions of the space.
  """
  for name in morphisms:
    child = morphisms[name].operation(convolution)
    if child is not None and growth.allows(child):
      yield morphisms[name], child


def closure(start: Convolution, growth: Growth, steps: int) -> set[Convolution]:
  """Returns all convolutions to which a few morphisms in a row lead.

  Args:
    start: the first convolution; the result contains it.
    growth: restrictions of the space.
    steps: morphisms in a row.
  """
  found, newest = {start}, {start}
  for _ in range(steps):
    newest = {
      child for parent in newest for _, child in children(parent, growth)
    } - found
    found |= newest
  return found
