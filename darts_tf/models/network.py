"""The discrete network: trainable, exportable."""

import collections
from collections.abc import Callable

import keras
import tensorflow as tf

from darts_tf.compat.keras import additional_loss
from darts_tf.genotype import Genotype
from darts_tf.graph.shared_functions import SharedFunctions
from darts_tf.layers.discrete_cell import DiscreteCell
from darts_tf.layers.operation import WeightView
from darts_tf.models.frame import Frame
from darts_tf.models.stacked_cells import StackedCells
from darts_tf.search_space.space import space_of
from darts_tf.search_space.style import OperationStyle


@keras.saving.register_keras_serializable('darts_tf')
class Network(StackedCells):
  """A genotype's cells, stacked by the layout of its search space.

  Args:
    genotype: the architecture.
    image_shape: `(height, width, channels)`.
    num_classes: number of logits.
    channels: channels of each node of the first cell.
    num_cells: number of cells; if the genotype has an architecture for
      each cell, as many as it has.
    stem: see `darts_tf.models.frame.Frame`.
    auxiliary: whether a second classifier after two thirds of the cells
      takes part in training.
    auxiliary_weight: weight of its loss.
    auxiliary_norm: see `AuxiliaryHead.last_norm`.
    drop_path: whether operations are dropped in training with the
      probability in the variable `drop_path_rate`, which starts at 0.
    head_units: units of the classifier's hidden layers; those of the space
      by default.
    style: conventions of the operations; those of the space by default.
    remat: whether cells compute their activations again for the gradient
      instead of keeping them.
    **kwargs: arguments of `keras.Model`.

  Raises:
    InputError: if the genotype is not one of its space or does not fit the
      number of cells, or the images, channels or classes do not suit the
      layout.
  """

  def __init__(
    self,
    genotype: Genotype,
    image_shape: tuple[int, int, int],
    num_classes: int,
    channels: int = 36,
    num_cells: int = 20,
    stem: str = 'auto',
    auxiliary: bool = False,
    auxiliary_weight: float = 0.4,
    auxiliary_norm: bool = True,
    drop_path: bool = False,
    head_units: tuple[int, ...] | None = None,
    style: OperationStyle | None = None,
    remat: bool = False,
    **kwargs,
  ):
    space = space_of(genotype, num_cells)
    style = style or space.network_style
    kwargs.setdefault('dtype', style.dtype)
    super().__init__(**kwargs)
    self.genotype = genotype
    self.space = space
    self.style = style
    self.image_shape = tuple(image_shape)
    self.auxiliary_weight = auxiliary_weight
    self._options = {
      'num_classes': num_classes,
      'channels': channels,
      'num_cells': num_cells,
      'stem': stem,
      'auxiliary': auxiliary,
      'auxiliary_weight': auxiliary_weight,
      'auxiliary_norm': auxiliary_norm,
      'drop_path': drop_path,
      'head_units': head_units,
      'remat': remat,
    }
    frame = Frame(
      space, style, self.image_shape, num_classes, channels, num_cells, stem
    )
    if head_units is None:
      head_units = space.macro.network_head_units
    self.build_stack(
      frame,
      lambda plan, preprocess: DiscreteCell(
        plan,
        genotype.cells[space.group_of(plan.index, plan.kind)],
        space.topology,
        preprocess,
        style,
        drop_path,
        dtype=self.dtype_policy,
        name=f'cell_{plan.index:02d}',
      ),
      head_units,
      auxiliary,
      auxiliary_norm,
      drop_path,
      remat,
    )
    self._share_functions()

  def call(self, images, training=None):
    """Classifies images.

    Args:
      images: `(batch, height, width, channels)`, normalized.
      training: whether batch statistics, drop path and the auxiliary head
        are in use.

    Returns:
      Logits `(batch, num_classes)`; in training with an auxiliary head a
      pair, the auxiliary logits second.
    """
    return self.classify(images, lambda unused_cell: (), training)

  def _share_functions(self) -> None:
    """Lets cells that compute the same call the same functions."""
    functions = SharedFunctions()
    count = collections.Counter(cell.computation for cell in self.cells)
    for cell in self.cells:
      if cell.computation is not None and count[cell.computation] > 1:
        cell.functions = functions

  # Keras reduces batches and metrics over several workers in ways that their
  # strategy refuses. The next two functions give it values that it can
  # reduce. The first one is private to Keras, see `darts_tf.compat.keras`.

  def _maybe_symbolic_build(self, iterator=None, data_batch=None):
    strategy = self.distribute_strategy
    if iterator is not None and _of_workers(strategy):
      # Only shapes and types are wanted, which all replicas share.
      batch = next(next(iter(iterator))[2])
      data_batch = tf.nest.map_structure(
        lambda x: strategy.experimental_local_results(x)[0], batch
      )
      iterator = None
    super()._maybe_symbolic_build(iterator, data_batch)

  def train_step(self, data):
    """Trains as Keras does; adds an axis that workers reduce to the logs."""
    if self._shares_step():
      return self._traced_step(data)(data)
    logs = super().train_step(data)
    if _of_workers(self.distribute_strategy):
      logs = {name: value[None] for name, value in logs.items()}
    return logs

  def compile(self, *args, **kwargs):
    """Compiles as Keras does; a step that was traced before is forgotten."""
    super().compile(*args, **kwargs)
    self._traced_steps = ()

  def _shares_step(self) -> bool:
    strategy = self.distribute_strategy
    return (
      strategy.num_replicas_in_sync == 1
      and not _of_workers(strategy)
      and not self.run_eagerly
    )

  def _traced_step(self, data) -> Callable:
    """Returns the step of one replica, traced once for all who want it."""
    if not self._traced_steps:
      self._build_metrics(data)
      # In a tuple: what exports a model would take it for a part of it.
      self._traced_steps = (tf.function(super().train_step, autograph=False),)
    return self._traced_steps[0]

  def _build_metrics(self, data) -> None:
    """Makes the variables of metrics, which Keras does in the first step.

    A function that makes variables is traced twice.
    """
    _, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
    with tf.init_scope():
      zeros = lambda x: tf.zeros([1, *x.shape[1:]], x.dtype)
      logits = tf.zeros([1, self.head.classifier.units], self.variable_dtype)
      self.compute_metrics(
        None, tf.nest.map_structure(zeros, labels), logits, None
      )
      self.reset_metrics()

  def training_graph(self, batch) -> tf.Graph:
    """Returns the graph of a training step, for inspection.

    It is the graph of the step in `fit`, to which Keras gives no access.

    Args:
      batch: of images and labels, divided among the replicas.
    """
    if self._shares_step():
      return self._traced_step(batch).get_concrete_function(batch).graph
    self._maybe_symbolic_build(
      data_batch=tf.nest.map_structure(
        lambda x: self.distribute_strategy.experimental_local_results(x)[0],
        batch,
      )
    )
    step = tf.function(
      lambda data: self.distribute_strategy.run(self.train_step, args=(data,)),
      autograph=False,
    )
    return step.get_concrete_function(batch).graph

  def compute_loss(
    self, x=None, y=None, y_pred=None, sample_weight=None, training=True
  ):
    """Adds the weighted loss of the auxiliary classifier in training."""
    loss = lambda prediction: super(Network, self).compute_loss(
      x, y, prediction, sample_weight, training=training
    )
    if not isinstance(y_pred, tuple | list):
      return loss(y_pred)
    logits, auxiliary_logits = y_pred
    # Each holds the layers' own losses, which count once.
    own = [additional_loss(self, t) for t in self.losses]
    auxiliary = loss(auxiliary_logits) - sum(own)
    return loss(logits) + self.auxiliary_weight * auxiliary

  def compute_metrics(self, x, y, y_pred, sample_weight=None):
    """Computes the metrics of the main classifier."""
    if isinstance(y_pred, tuple | list):
      y_pred = y_pred[0]
    return super().compute_metrics(x, y, y_pred, sample_weight)

  def operation_weights(self, cell: int, edge: int) -> dict[str, WeightView]:
    """Returns the weights of one edge's operation.

    Args:
      cell: position of the cell.
      edge: position of the edge in the genotype.

    Returns:
      Name to a view that reads and assigns the weight.
    """
    return self.cells[cell].weight_views(edge)

  def get_config(self):
    """Returns the arguments of the constructor."""
    return (
      super().get_config()
      | self._options
      | {
        'genotype': self.genotype.to_json(),
        'image_shape': self.image_shape,
        'style': self.style.to_dict(),
      }
    )

  @classmethod
  def from_config(cls, config):
    """Builds a network from `get_config`."""
    config = dict(config)
    config['genotype'] = Genotype.from_json(config['genotype'])
    config['style'] = OperationStyle(**config['style'])
    return cls(**config)


def _of_workers(strategy) -> bool:
  return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
