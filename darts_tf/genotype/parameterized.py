"""Operations that are described by numbers instead of by a name alone.

Their names are canonical: `parse(operation.name) == operation`, and no other
text stands for it. So genotypes, drawings and weights refer to them as to
any operation.
"""

import dataclasses
import re

from darts_tf.config.errors import InputError

_CONVOLUTION = re.compile(
  r'conv_k([1-9]\d*)_d([1-9]\d*)(?:_m([1-9]\d*(?:-[1-9]\d*)*))?'
)
_POOLING = re.compile(r'(max|avg)_pool_([1-9]\d*)x\2')


def _check_kernel(kernel: int, name: str) -> None:
  if kernel < 1 or not kernel % 2:
    raise InputError(
      'A kernel has an odd size; expected 1, 3, 5, ….'
      f' Received: kernel={kernel!r}, operation={name!r}'
    )


@dataclasses.dataclass(frozen=True, order=True)
class Convolution:
  """Depthwise separable units in a row, `conv_k5_d1_m2-1` (arXiv:1906.07528).

  Each unit is ReLU, depthwise convolution, 1x1 convolution, normalization;
  all of them have the same kernel and dilation. `widths` are the channels
  between units, in multiples of those of the input, so there is one unit
  more than widths. `sep_conv_3x3` of DARTS is `conv_k3_d1_m1`.

  Args:
    kernel: height and width of the depthwise kernels, odd.
    dilation: distance of their pixels.
    widths: channels between the units.

  Raises:
    InputError: if the kernel is even, or a number is below 1.
  """

  kernel: int
  dilation: int = 1
  widths: tuple[int, ...] = ()

  def __post_init__(self):
    _check_kernel(self.kernel, self.name)
    if min(self.dilation, *self.widths, 1) < 1:
      raise InputError(
        'A dilation and widths are numbers from 1; expected, say, 2.'
        f' Received: dilation={self.dilation!r}, widths={self.widths!r}'
      )

  @property
  def name(self) -> str:
    """The name that `parse` reads."""
    name = f'conv_k{self.kernel}_d{self.dilation}'
    if self.widths:
      name += f'_m{"-".join(map(str, self.widths))}'
    return name

  def replace(self, **changes: object) -> 'Convolution':
    """Returns a copy with some fields changed."""
    return dataclasses.replace(self, **changes)


@dataclasses.dataclass(frozen=True, order=True)
class Pooling:
  """A pool at stride 1 or 2, `max_pool_3x3`.

  Args:
    kind: `max` or `avg`.
    kernel: height and width of the pool, odd.

  Raises:
    InputError: if the kernel is even.
  """

  kind: str
  kernel: int

  def __post_init__(self):
    _check_kernel(self.kernel, self.name)

  @property
  def name(self) -> str:
    """The name that `parse` reads."""
    return f'{self.kind}_pool_{self.kernel}x{self.kernel}'


def parse(name: str) -> Convolution | Pooling | None:
  """Reads the name of a parameterized operation.

  Args:
    name: of any operation.

  Returns:
    The operation, or `None` if the name is not one of these.

  Raises:
    InputError: if the name says an even kernel.
  """
  if match := _CONVOLUTION.fullmatch(name):
    kernel, dilation, widths = match.groups()
    return Convolution(
      int(kernel),
      int(dilation),
      tuple(map(int, widths.split('-'))) if widths else (),
    )
  if match := _POOLING.fullmatch(name):
    return Pooling(match[1], int(match[2]))
  return None
