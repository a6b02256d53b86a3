"""The numerical conventions that a search space's operations follow."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class OperationStyle:
  """Conventions shared by all operations of a network.

  Args:
    affine: whether batch normalization learns a scale and an offset.
    pool_norm: whether pools are followed by batch normalization without
      scale and offset (DARTS does so during search only).
    average_includes_padding: whether average pools count padded zeros.
    strided_skip: `factorized_reduce` or `relu_conv_bn`: what
      `skip_connect` is at stride 2.
    epsilon: added to variances in operations.
    momentum: share of the old value in moving averages of statistics.
    synchronized: whether batch statistics are those of all replicas.
    dtype: Keras dtype policy of the layers; `None` for the global one.
  """

  affine: bool = False
  pool_norm: bool = False
  average_includes_padding: bool = False
  strided_skip: str = 'factorized_reduce'
  epsilon: float = 1e-5
  momentum: float = 0.9
  synchronized: bool = False
  dtype: str | None = None

  def replace(self, **changes: object) -> 'OperationStyle':
    """Returns a copy with some fields changed."""
    return dataclasses.replace(self, **changes)

  def to_dict(self) -> dict[str, object]:
    """Returns the fields by name."""
    return dataclasses.asdict(self)
