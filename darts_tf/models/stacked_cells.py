"""The common base of supernets and networks: a stack of cells."""

from collections.abc import Callable

import keras
import tensorflow as tf

from darts_tf.layers.state import State, states_of
from darts_tf.models.frame import Frame, cell_shapes
from darts_tf.models.head import AuxiliaryHead
from darts_tf.models.rematerialize import call_rematerialized


class StackedCells(keras.Model):
  """Stem, cells, classifier; in training perhaps a second classifier.

  Each cell reads the two before it, or only the one before it.
  """

  def build_stack(
    self,
    frame: Frame,
    make_cell: Callable,
    head_units: tuple[int, ...],
    auxiliary: bool,
    auxiliary_norm: bool,
    drop_path: bool,
    remat: bool = False,
  ) -> None:
    """Builds all layers.

    Args:
      frame: stem, order of cells, classifier.
      make_cell: `make_cell(plan, preprocess)` returns a cell.
      head_units: units of the classifier's hidden layers.
      auxiliary: whether there is a second classifier, after two thirds of
        the cells.
      auxiliary_norm: see `AuxiliaryHead.last_norm`.
      drop_path: whether there is a variable `drop_path_rate`; it starts at
        0.
      remat: whether cells compute their activations again for gradients.
    """
    self.remat = remat
    self.stem = frame.build_stem()
    self.cells = frame.build_cells(self.stem, make_cell)
    for cell in self.cells:
      cell.leave_relu_to_caller()
    shapes = cell_shapes(self.stem, self.cells, frame.image_shape)
    self.head = frame.build_head(shapes[-1], tuple(head_units))
    self.auxiliary_cell = 2 * frame.num_cells // 3
    self.auxiliary_head = None
    if auxiliary:
      self.auxiliary_head = AuxiliaryHead(
        frame.num_classes,
        frame.style,
        shapes[self.auxiliary_cell],
        auxiliary_norm,
      )
    self.drop_path_rate = None
    if drop_path:
      self.drop_path_rate = self.add_weight(
        shape=(),
        initializer='zeros',
        trainable=False,
        aggregation='only_first_replica',
        name='drop_path_rate',
      )
    self.built = True

  def classify(
    self,
    images: tf.Tensor,
    cell_arguments: Callable,
    training: bool | None,
    cell_keywords: Callable = lambda unused_cell: {},
  ) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
    """Runs images through the stack.

    Args:
      images: `(batch, height, width, channels)`, normalized.
      cell_arguments: `cell_arguments(cell)` returns the arguments of a cell
        besides its inputs.
      training: whether batch statistics and the second classifier are in
        use.
      cell_keywords: `cell_keywords(cell)` returns keyword arguments of the
        call, by which no gradient is taken.

    Returns:
      Logits `(batch, num_classes)`; in training with a second classifier a
      pair, its logits second.
    """
    older, newer = states_of(self.stem(images, training=training))
    keywords = {'drop_path_rate': None, 'training': training}
    if self.drop_path_rate is not None:
      keywords['drop_path_rate'] = tf.convert_to_tensor(self.drop_path_rate)
    auxiliary_logits = None
    for index, cell in enumerate(self.cells):
      inputs = [older, newer][-self.space.topology.num_inputs :]
      arguments = (
        [x.read(cell.rectified) for x in inputs],
        *cell_arguments(cell),
      )
      given = {**keywords, **cell_keywords(cell)}
      if self.remat and training:
        output = call_rematerialized(cell, *arguments, **given)
      else:
        output = cell(*arguments, **given)
      older, newer = newer, State(output)
      if (
        index == self.auxiliary_cell
        and training
        and self.auxiliary_head is not None
      ):
        auxiliary_logits = self.auxiliary_head(newer.plain, training=training)
    # Softmax and losses keep their precision whatever the layers compute in.
    precise = lambda x: tf.cast(x, self.variable_dtype)
    logits = precise(self.head(newer.plain, training=training))
    if auxiliary_logits is None:
      return logits
    return logits, precise(auxiliary_logits)

  def compute_output_shape(self, input_shape):
    """`(batch, num_classes)`."""
    return (input_shape[0], self.head.classifier.units)
