"""Selection by the size of the mixing weights."""

import dataclasses

from darts_tf.selection.selection import (
  Selected,
  Selection,
  Trained,
  selections,
)


@selections.add
@dataclasses.dataclass(frozen=True)
class Magnitude(Selection):
  """Takes the architecture that the rule derives from expected weights."""

  name = 'magnitude'

  def select(self, trained: Trained) -> Selected:
    """See the base class."""
    return Selected(trained.genotype)
