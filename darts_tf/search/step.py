"""One step of a search, compiled."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from darts_tf.architecture_gradient import Estimator
from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.models.supernet import Supernet
from darts_tf.optimizers import SGD
from darts_tf.optimizers.pytorch import PyTorchOptimizer
from darts_tf.penalty import Costs, Penalty
from darts_tf.relaxation import Architecture, Draw
from darts_tf.search.moves import ReplicaMoves
from darts_tf.search.problem import SupernetProblem
from darts_tf.search.several_steps import SeveralSteps
from darts_tf.step import Alternating, Step


class SearchStep:
  """The step of a search under a strategy, compiled.

  Args:
    supernet: the network.
    architecture: parameters, masks and rates.
    estimator: of the architecture gradient.
    weight_optimizer: built on `supernet.trainable_variables`; takes
      reduced gradients.
    alpha_optimizer: built on the architecture's parameters; takes reduced
      gradients.
    strategy: under which all variables were created.
    batch_size: images of a batch over all replicas; `None` for any number,
      on one replica.
    auxiliary_weight: see `SupernetProblem`.
    precise_supernet: see `SupernetProblem`.
    loss_scale: see `SupernetProblem`.
    xla: whether XLA compiles the step.
    step: the moves and their order.
    penalties: functions that are added to the loss of the architecture.
    costs: the costs that penalties have asked for.
    seed: of all that is drawn.

  Attributes:
    count: the number of steps so far, an int64 variable.
  """

  def __init__(
    self,
    supernet: Supernet,
    architecture: Architecture,
    estimator: Estimator,
    weight_optimizer: SGD,
    alpha_optimizer: PyTorchOptimizer,
    strategy: tf.distribute.Strategy,
    batch_size: int | None,
    auxiliary_weight: float = 0.4,
    precise_supernet: Supernet | None = None,
    loss_scale: float = 1.0,
    xla: bool = False,
    step: Step = Alternating(),
    penalties: Sequence[Penalty] = (),
    costs: Mapping[str, Costs] | None = None,
    seed: int = 0,
  ):
    self.supernet = supernet
    self.architecture = architecture
    self.estimator = estimator
    self.weight_optimizer = weight_optimizer
    self.alpha_optimizer = alpha_optimizer
    self.strategy = strategy
    self.batch_size = batch_size
    self.auxiliary_weight = auxiliary_weight
    self.precise_supernet = precise_supernet
    self.loss_scale = loss_scale
    self.step = step
    self.penalties = tuple(penalties)
    self.costs = costs or {}
    self.seed = seed
    self.count = keras.Variable(
      0,
      dtype='int64',
      trainable=False,
      aggregation='only_first_replica',
      name='steps',
    )
    # One graph for all sizes, if there are several.
    batch = None if batch_size else _any_batch(supernet)
    # Nothing here branches on a tensor, so there is nothing to convert.
    compiled = lambda step, count: tf.function(
      self._distributed(step),
      autograph=False,
      jit_compile=xla,
      input_signature=batch and (batch,) * count,
    )
    self._search = compiled(self._search_step, 2)
    self._train = compiled(self._training_step, 1)
    # Each runs several steps, given iterators and their number.
    self.searches = SeveralSteps(
      lambda batches: self.search(batches[0], batches[-1])
    )
    self.trainings = SeveralSteps(lambda batches: self.train(batches[0]))

  def search(self, training_batch: Any, validation_batch: Any) -> dict:
    """Moves architecture and weights.

    Args:
      training_batch: `(images, labels)`.
      validation_batch: the same, of the architecture's share of the data.

    Returns:
      Scalars `train_loss`, `train_accuracy` and `validation_loss` of the
      batches, before the step that belongs to them, and the estimator's own
      metrics.
    """
    return self._search(training_batch, validation_batch)

  def search_graph(
    self, training_batch: Any, validation_batch: Any
  ) -> tf.Graph:
    """Returns the graph of `search` for batches of these sizes.

    If the step was traced for batches of any size, the function traces one
    more graph for these.
    """
    search = self._search
    if self.batch_size is None:
      search = tf.function(
        self._distributed(self._search_step), autograph=False
      )
    return search.get_concrete_function(training_batch, validation_batch).graph

  def gradient_function(
    self, estimator: Estimator
  ) -> Callable[[Any, Any], dict[str, tf.Tensor]]:
    """Returns a compiled estimate of the architecture gradient.

    Args:
      estimator: in the place of the step's own.

    Returns:
      A function of a training and a validation batch, which moves nothing.
      It returns parameter to gradient, by the names of
      `Architecture.parameters`.
    """

    def estimate(training_batch, validation_batch):
      result = self._moves().estimate(
        estimator, training_batch, validation_batch
      )
      return dict(zip(self.architecture.parameters, result.gradients))

    return tf.function(self._distributed(estimate), autograph=False)

  def train(self, training_batch: Any) -> dict:
    """Moves the weights only; returns `train_loss`, `train_accuracy`."""
    return self._train(training_batch)

  def read(self) -> tuple[list, list, list]:
    """Returns weights, running statistics and parameters as they are."""
    return (
      algebra.as_tensors(self.supernet.trainable_variables),
      algebra.as_tensors(self.supernet.non_trainable_variables),
      self.architecture.tensors(),
    )

  def problem(self, states, mixing=None) -> SupernetProblem:
    """Returns the bilevel problem of the search.

    Args:
      states: see `SupernetProblem`.
      mixing: see `SupernetProblem`; by default the weights without noise.
    """
    return SupernetProblem(
      self.supernet,
      mixing or self.architecture.expected,
      states,
      self.batch_size,
      self.auxiliary_weight,
      self.precise_supernet,
      self.loss_scale,
    )

  def _distributed(self, replica_step):
    def step(*batches):
      result = self.strategy.run(replica_step, args=batches)
      # Reduced inside, hence the same on all replicas.
      return {
        name: self.strategy.experimental_local_results(value)[0]
        for name, value in result.items()
      }

    return step

  def _moves(self) -> ReplicaMoves:
    count = tf.convert_to_tensor(self.count)
    return ReplicaMoves(
      self.architecture,
      self.estimator,
      self.penalties,
      self.costs,
      self.weight_optimizer,
      self.alpha_optimizer,
      self.problem,
      lambda use: Draw(self.seed, count, use),
    )

  def _search_step(self, training_batch, validation_batch):
    metrics = self.step(self._moves(), training_batch, validation_batch)
    self.count.assign_add(1)
    return metrics

  def _training_step(self, training_batch):
    metrics = self._moves().weights(training_batch)
    self.count.assign_add(1)
    return metrics


def _any_batch(supernet: Supernet) -> tuple:
  """Images and labels of a batch of any size."""
  return (
    tf.TensorSpec([None, *supernet.image_shape], tf.float32),
    tf.TensorSpec([None], tf.int32),
  )
