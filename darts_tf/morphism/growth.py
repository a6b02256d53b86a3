"""Restrictions on convolutions that enter a search space in a search."""

import dataclasses
import math

from darts_tf.config.errors import InputError
from darts_tf.genotype.parameterized import Convolution


@dataclasses.dataclass(frozen=True)
class Growth:
  """The restrictions of a space whose candidates change (arXiv:1906.07528).

  Args:
    kernels: smallest and largest kernel.
    dilations: smallest and largest dilation.
    max_extra_units: units beyond the first; `None` for any number.
    max_width: width between units, in multiples of the input's; `None` for
      any.
    dilated_1x1: whether 1x1 kernels may have a dilation, which would change
      nothing about them.

  Raises:
    InputError: if no convolution can be within the restrictions.
  """

  kernels: tuple[int, int] = (3, 7)
  dilations: tuple[int, int] = (1, 2)
  max_extra_units: int | None = 1
  max_width: int | None = 1
  dilated_1x1: bool = False

  def __post_init__(self):
    for name in ('kernels', 'dilations'):
      smallest, largest = getattr(self, name)
      if not 1 <= smallest <= largest:
        raise InputError(
          'Restrictions are a smallest and a largest number; expected'
          ' numbers from 1, the smallest first.'
          f' Received: {name}={getattr(self, name)}'
        )
    for name, least in (('max_extra_units', 0), ('max_width', 1)):
      most = getattr(self, name)
      if most is not None and most < least:
        raise InputError(
          f'A restriction excludes everything; expected {least} or more, or'
          f' None. Received: {name}={most}'
        )

  def allows(self, operation: Convolution) -> bool:
    """Returns whether the space may hold a convolution."""
    within = lambda value, most: value <= (math.inf if most is None else most)
    return (
      self.kernels[0] <= operation.kernel <= self.kernels[1]
      and self.dilations[0] <= operation.dilation <= self.dilations[1]
      and within(len(operation.widths), self.max_extra_units)
      and all(within(width, self.max_width) for width in operation.widths)
      and (self.dilated_1x1 or operation.kernel > 1 or operation.dilation == 1)
    )
