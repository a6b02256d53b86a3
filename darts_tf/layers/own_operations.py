"""The layers of the operations that the package itself knows by name."""

import functools
from collections.abc import Callable

from darts_tf.config.errors import unknown_name
from darts_tf.genotype.parameterized import Convolution, parse
from darts_tf.layers.factorized_conv import FactorizedConv
from darts_tf.layers.noise import Noise
from darts_tf.layers.operation import Operation
from darts_tf.layers.pool import AveragePool, MaxPool
from darts_tf.layers.relu_conv_bn import ReLUConvBN
from darts_tf.layers.separable_conv import SeparableConv
from darts_tf.layers.skip import Zero, skip_connect

# Names, besides those that `parse` reads, to builders of their layers.
OWN_LAYERS: dict[str, Callable[..., Operation]] = {
  'none': Zero,
  'skip_connect': skip_connect,
  **{
    f'sep_conv_{k}x{k}': functools.partial(
      SeparableConv, kernel_size=k, widths=(1,)
    )
    for k in (3, 5, 7)
  },
  **{
    f'dil_conv_{k}x{k}': functools.partial(
      SeparableConv, kernel_size=k, dilation=2
    )
    for k in (3, 5)
  },
  **{
    f'nor_conv_{k}x{k}': functools.partial(ReLUConvBN, kernel_size=k)
    for k in (1, 3)
  },
  'conv_7x1_1x7': FactorizedConv,
  'noise': Noise,
}


def own_layer(name: str) -> Callable[..., Operation]:
  """Returns the builder of the layer of one of the package's operations.

  Args:
    name: of the operation.

  Returns:
    A function of `channels`, `stride`, `style`, `copies` and `activate`.

  Raises:
    InputError: if the package has no such operation.
  """
  if name in OWN_LAYERS:
    return OWN_LAYERS[name]
  operation = parse(name)
  if operation is None:
    raise unknown_name('operation', name, OWN_LAYERS)
  if isinstance(operation, Convolution):
    return functools.partial(
      SeparableConv,
      kernel_size=operation.kernel,
      dilation=operation.dilation,
      widths=operation.widths,
    )
  pools = {'max': MaxPool, 'avg': AveragePool}
  return functools.partial(pools[operation.kind], kernel_size=operation.kernel)
