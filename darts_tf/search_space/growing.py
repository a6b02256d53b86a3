"""A search space whose candidates change while it is searched."""

import dataclasses

from darts_tf.config.errors import InputError
from darts_tf.genotype.parameterized import Convolution, parse
from darts_tf.morphism import Growth, closure
from darts_tf.search_space.space import SearchSpace

# Morphisms in a row: as many as the published schedule has cycles that
# replace candidates.
_STEPS = 5


@dataclasses.dataclass(frozen=True)
class GrowingSpace(SearchSpace):
  """A space into which a schedule may bring convolutions (arXiv:1906.07528).

  Args:
    growth: convolutions that may join the candidates. The other
      arguments are those of `SearchSpace`.

  Raises:
    InputError: if the restrictions exclude a convolution that is a
      candidate.
  """

  growth: Growth = Growth()

  def __post_init__(self):
    for name in sorted(self.operations()):
      operation = parse(name)
      if isinstance(operation, Convolution) and not self.growth.allows(
        operation
      ):
        raise InputError(
          'The restrictions of a search space exclude a candidate that it'
          f' begins with; expected others. Received: candidate={name!r},'
          f' growth={self.growth}'
        )

  def offers(self, kind: str, edge: int, name: str) -> bool:
    """See `SearchSpace`; the space offers all that its growth allows."""
    if super().offers(kind, edge, name):
      return True
    operation = parse(name)
    return isinstance(operation, Convolution) and self.growth.allows(operation)

  def whole(self) -> SearchSpace:
    """Returns a space with all candidates that five morphisms reach.

    Spaces without restrictions have no end. So a search that brings in
    candidates more often can go beyond it.
    """
    found = {}

    def names_of(names):
      if names not in found:
        starts = [op for op in map(parse, names) if isinstance(op, Convolution)]
        reached = {
          op.name: op
          for start in starts
          for op in closure(start, self.growth, _STEPS)
        }
        new = sorted(op for name, op in reached.items() if name not in names)
        found[names] = (*names, *(op.name for op in new))
      return found[names]

    fixed = {
      field.name: getattr(self, field.name)
      for field in dataclasses.fields(SearchSpace)
    }
    candidates = {
      kind: tuple(names_of(names) for names in edges)
      for kind, edges in self.candidates.items()
    }
    return SearchSpace(**{**fixed, 'candidates': candidates})
