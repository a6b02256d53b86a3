"""The step in which one pass moves everything."""

import dataclasses

from darts_tf.step.step import Step, steps


@steps.add
@dataclasses.dataclass(frozen=True)
class Joint(Step):
  """Both move by gradients of the training loss at one point.

  The bilevel problem becomes an ordinary one (arXiv:1812.09926). No
  validation batch is needed.
  """

  name = 'joint'
  joint = True

  def __call__(self, moves, training_batch, validation_batch):
    """See `Step`."""
    del validation_batch
    return moves.both(training_batch)
