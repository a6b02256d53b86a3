"""A penalty on the expected cost of the derived network."""

import dataclasses

import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.config.options import option
from darts_tf.penalty.penalty import Penalty, penalties

_COSTS = ('multiply_adds', 'parameters')


@penalties.add
@dataclasses.dataclass(frozen=True)
class ExpectedCost(Penalty):
  r"""`w (c - r) / r` for each cost with a reference r.

  `c = constant + sum_e sum_k p[e, k] cost[e, k]` is the cost of the supernet
  with expected mixing weights p, over the edges of all cells; `none` costs
  nothing (arXiv:1812.00332, equation 9, and its released `add#linear`). The
  supernet keeps all edges, the derived network does not, so c is larger than
  the cost of the derived one.

  Where weights of a node are sampled, the expectation is that under the
  softmax of alpha, not that of the sample.

  Args:
    multiply_adds: reference for the multiply-additions of an image; `None`
      for no such term.
    parameters: reference for the number of parameters; likewise.
    cost_weight: w, above 0.
  """

  multiply_adds: float | None = option(
    None, 'Reference for multiply-additions.', flag=False
  )
  parameters: float | None = option(
    None, 'Reference for parameters.', flag=False
  )
  cost_weight: float = option(0.1, 'Weight of the expected cost.', least=0)

  name = 'cost'

  def __post_init__(self):
    super().__post_init__()
    if not self.costs:
      raise InputError(
        'An expected cost needs a reference; expected'
        ' cost:multiply_adds=NUMBER or cost:parameters=NUMBER. Received:'
        ' penalties=cost'
      )
    for name in self.costs:
      if not getattr(self, name) > 0:
        raise InputError(
          'A cost is divided by its reference; expected a number above 0.'
          f' Received: {name}={getattr(self, name):g}'
        )

  @property
  def costs(self):
    """See `Penalty`."""
    return tuple(n for n in _COSTS if getattr(self, n) is not None)

  def __call__(self, view):
    """See `Penalty`."""
    terms = []
    for name in self.costs:
      reference = getattr(self, name)
      # Relative to the reference before summing: costs are large numbers.
      total = view.costs[name].constant / reference
      for group, mixing in view.expected.items():
        weights = mixing.scaled()
        table = view.costs[name].candidates[group] / reference
        total += tf.reduce_sum(weights * tf.constant(table, weights.dtype))
      terms.append(self.cost_weight * (total - 1.0))
    return tf.add_n(terms)
