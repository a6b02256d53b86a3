"""Steps in which architecture and weights move one after the other."""

import dataclasses

from darts_tf.config.options import option
from darts_tf.step.step import Step, steps

ORDERS = ('architecture_first', 'weights_first')


@steps.add
@dataclasses.dataclass(frozen=True)
class Alternating(Step):
  """One move of each: the second sees the result of the first.

  DARTS moves the architecture first (arXiv:1806.09055, algorithm 1); the
  code of NAS-Bench-201 moves the weights first (arXiv:2001.00326).

  Args:
    order: `architecture_first` or `weights_first`.
  """

  order: str = option(
    'architecture_first',
    'Whether the architecture or the weights move first in a step.',
    choices=ORDERS,
  )

  name = 'alternating'

  def __call__(self, moves, training_batch, validation_batch):
    """See `Step`."""
    if self.order == 'weights_first':
      metrics = self.weights(moves, training_batch)
      return {**metrics, **moves.architecture(training_batch, validation_batch)}
    found = moves.architecture(training_batch, validation_batch)
    return {**self.weights(moves, training_batch), **found}

  def weights(self, moves, batch):
    """Moves the weights at the mixing weights of the architecture."""
    return moves.weights(batch)
