"""The common base of all candidate operations."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from darts_tf.layers.arrangement import Arrangement
from darts_tf.layers.batch_norm import BatchNorm
from darts_tf.layers.convolution import strided_shape
from darts_tf.layers.slots import HasSlots, Slot
from darts_tf.search_space.style import OperationStyle


@dataclasses.dataclass(frozen=True)
class WeightView:
  """One edge's share of an array that holds the weights of several edges.

  Args:
    variable: the array of all edges, or its slot.
    start: first index of the share along the last or last but one axis.
    size: number of indices.
    axis: the axis along which edges lie; `None` if the array is one edge's.
  """

  variable: keras.Variable | Slot
  start: int
  size: int
  axis: int | None

  def read(self) -> np.ndarray:
    """Returns the share in the shape that a layer of its own would have."""
    return self.share_of(self.holder.numpy())

  @property
  def holder(self) -> keras.Variable:
    """The variable that holds the share, perhaps beside other weights."""
    return self.variable.array if self._in_slot else self.variable

  def share_of(self, array: np.ndarray) -> np.ndarray:
    """Returns the share of this edge in an array shaped like the holder.

    Args:
      array: for instance a gradient by the holder.
    """
    if self._in_slot:
      array = self.variable.part_of(array)
    return array[self._where()]

  @property
  def _in_slot(self) -> bool:
    return isinstance(self.variable, Slot)

  def assign(self, value: np.ndarray) -> None:
    """Replaces the share.

    Args:
      value: an array of the share's shape.

    Raises:
      ValueError: if the shape differs.
    """
    whole = np.array(self.variable.numpy())
    if whole[self._where()].shape != np.shape(value):
      raise ValueError(
        f'A weight of another shape was expected:'
        f' {whole[self._where()].shape}. Received:'
        f' shape={np.shape(value)}'
      )
    whole[self._where()] = value
    self.variable.assign(whole)

  def _where(self) -> tuple:
    index = [slice(None)] * len(self.variable.shape)
    if self.axis is not None:
      index[self.axis] = slice(self.start, self.start + self.size)
    return tuple(index)


class Operation(HasSlots, keras.layers.Layer):
  """A candidate operation that serves several edges of one input at once.

  With `copies = E` the layer holds the weights of E edges and returns
  their outputs side by side along the channels; each edge's output may be
  multiplied by its mixing weight. `copies = 1` without a mixing weight is
  the operation of the discrete network: one implementation serves both.

  Args:
    channels: channels of each edge's output.
    stride: 1, or 2 to halve height and width.
    style: conventions of the search space.
    copies: number of edges served.
    activate: whether a leading ReLU is applied here; `False` if the caller
      has applied it (the edges of a node share it).
    **kwargs: arguments of `keras.layers.Layer`.
  """

  # Whether the output does not depend on the edge, so that one computation
  # serves all of them and `call` returns `channels`, not `copies * channels`.
  edge_independent = False
  # Whether the first thing computed is a ReLU.
  rectifies = True
  # Whether the output is a function of the input, of weights with `add_weight`
  # and of mixing weights alone. Then its weights can be slots.
  pure = False

  def __init__(
    self,
    channels: int,
    stride: int = 1,
    style: OperationStyle = OperationStyle(),
    copies: int = 1,
    activate: bool = True,
    **kwargs,
  ):
    if isinstance(style, dict):
      style = OperationStyle(**style)
    kwargs.setdefault('dtype', style.dtype)
    super().__init__(**kwargs)
    self.channels = channels
    self.stride = stride
    self.style = style
    self.copies = copies
    self.activate = activate

  # Whether activations that cost little are computed again for gradients.
  frugal = False

  def __init_subclass__(cls, **kwargs):
    super().__init_subclass__(**kwargs)
    # What a class adds may draw or count; it has to say that it does not.
    cls.pure = vars(cls).get('pure', False)

  def norm(self, affine: bool | None = None, name: str = 'norm') -> BatchNorm:
    """Creates a batch normalization in the style of the search space."""
    style = self.style
    return BatchNorm(
      affine=style.affine if affine is None else affine,
      epsilon=style.epsilon,
      momentum=style.momentum,
      synchronized=style.synchronized,
      dtype=self.dtype_policy,
      name=name,
    )

  def rectified(self, x):
    """Applies the ReLU, unless there is none or the caller has applied it."""
    return tf.nn.relu(x) if self.rectifies and self.activate else x

  def shares(self, kernel, count: int, axis: int = -1) -> list[tf.Tensor]:
    """Returns a kernel in the computing type, or `count` shares of it."""
    kernel = tf.cast(kernel, self.compute_dtype)
    return [kernel] if count == 1 else tf.split(kernel, count, axis)

  def arrangement(self, shape) -> Arrangement:
    """Returns the layout that the operation wants for an input's shape.

    Args:
      shape: of the input.

    Returns:
      An `Arrangement`, or another hashable object with `lattices`, `apply`
      and `undo`.
    """
    del shape
    return Arrangement()

  def call(self, x, scale=None, training=None):
    """Computes all edges.

    Args:
      x: `(batch, height, width, channels)`.
      scale: mixing weight of each edge, `(copies,)`; `None` for 1.
      training: see `BatchNorm`.

    Returns:
      `(batch, height', width', copies * channels)`, edge by edge.
    """
    if scale is not None:
      # A product has a far smaller gradient graph than tf.repeat.
      ones = tf.ones([1, self.channels], scale.dtype)
      scale = [tf.reshape(tf.matmul(tf.expand_dims(scale, 1), ones), [-1])]
    arrangement = self.arrangement(x.shape)
    (y,) = self.branches(
      arrangement.apply(self.rectified(x)), arrangement, 1, scale, training
    )
    return arrangement.undo(y)

  def branches(
    self, x, arrangement: Arrangement, count: int, scales=None, training=None
  ) -> list[tf.Tensor]:
    """Computes all edges, `copies / count` of them in each tensor.

    Args:
      x: the input, rectified if the operation does that, and arranged.
      arrangement: of `x`, and of what is returned.
      count: 1 or `copies`.
      scales: a factor of each channel for each of the tensors returned,
        `(copies / count * channels,)`; `None` for 1.
      training: see `BatchNorm`.

    Returns:
      `count` tensors.
    """
    raise NotImplementedError

  def weight_views(self, copy: int = 0) -> dict[str, WeightView]:
    """Returns the weights of one edge.

    Args:
      copy: which edge.

    Returns:
      Name to view, in the order of computation; empty without weights.
    """
    del copy
    return {}

  def kernel_view(self, variable, copy: int, axis: int = -1) -> WeightView:
    """Returns the share of an edge in a kernel."""
    size = variable.shape[axis] // self.copies
    return WeightView(variable, copy * size, size, axis)

  def norm_views(
    self, norm: BatchNorm, name: str, copy: int
  ) -> dict[str, WeightView]:
    """Returns the shares of an edge in a batch normalization."""
    names = ['moving_mean', 'moving_variance']
    if norm.affine:
      names = ['gamma', 'beta', *names]
    return {
      f'{name}.{n}': self.kernel_view(getattr(norm, n), copy) for n in names
    }

  def compute_output_shape(self, input_shape):
    """`(batch, ceil(height / stride), ceil(width / stride), channels)`."""
    copies = 1 if self.edge_independent else self.copies
    return strided_shape(input_shape, self.stride, copies * self.channels)

  def get_config(self):
    """Returns the arguments of the constructor."""
    return super().get_config() | {
      'channels': self.channels,
      'stride': self.stride,
      'style': self.style.to_dict(),
      'copies': self.copies,
      'activate': self.activate,
    }
