"""One step of a search: the architecture, then the weights."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from darts_tf.architecture_gradient import Estimator, InnerStep
from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.models.supernet import Supernet
from darts_tf.optimizers import SGD, Adam
from darts_tf.relaxation.relaxation import Relaxation
from darts_tf.search.problem import SupernetProblem
from darts_tf.search.several_steps import SeveralSteps


class SearchStep:
  """The step of DARTS (arXiv:1806.09055, algorithm 1), compiled.

  For each pair of batches the alphas move first, by the architecture
  gradient; then the weights, on the training batch with the new alphas.
  Where the estimator needs no validation batch, one backward pass on the
  training batch gives both gradients.

  Args:
    supernet: the network.
    relaxation: maps alphas to mixing weights.
    alphas: one variable a group, in the order of `relaxation.groups`.
    estimator: of the architecture gradient.
    weight_optimizer: built on `supernet.trainable_variables`; takes
      reduced gradients.
    alpha_optimizer: built on `alphas`; takes reduced gradients.
    strategy: under which all variables were created.
    batch_size: images of a batch over all replicas; `None` for any number,
      on one replica.
    auxiliary_weight: see `SupernetProblem`.
    precise_supernet: see `SupernetProblem`.
    loss_scale: see `SupernetProblem`.
    xla: whether XLA compiles the step.
  """

  def __init__(
    self,
    supernet: Supernet,
    relaxation: Relaxation,
    alphas: Sequence[keras.Variable],
    estimator: Estimator,
    weight_optimizer: SGD,
    alpha_optimizer: Adam,
    strategy: tf.distribute.Strategy,
    batch_size: int | None,
    auxiliary_weight: float = 0.4,
    precise_supernet: Supernet | None = None,
    loss_scale: float = 1.0,
    xla: bool = False,
  ):
    self.supernet = supernet
    self.relaxation = relaxation
    self.alphas = list(alphas)
    self.estimator = estimator
    self.weight_optimizer = weight_optimizer
    self.alpha_optimizer = alpha_optimizer
    self.strategy = strategy
    self.batch_size = batch_size
    self.auxiliary_weight = auxiliary_weight
    self.precise_supernet = precise_supernet
    self.loss_scale = loss_scale
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
    """Moves alphas and weights.

    Args:
      training_batch: `(images, labels)`.
      validation_batch: the same, of the architecture's share of the data.

    Returns:
      Scalars `train_loss`, `train_accuracy` and `validation_loss` of the
      batches, before the weights' step, and the estimator's own metrics.
    """
    return self._search(training_batch, validation_batch)

  def search_graph(
    self, training_batch: Any, validation_batch: Any
  ) -> tf.Graph:
    """Returns the graph of `search` for batches of these sizes.

    It is the one that runs, and built but once; a graph for looking at
    where the one that runs is for batches of any size.
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
      It returns group to gradient, `(edges, candidates)`.
    """

    def estimate(training_batch, validation_batch):
      weights, states, alphas = self._read()
      result = self._estimate(
        estimator,
        self.problem(states),
        weights,
        alphas,
        training_batch,
        validation_batch,
      )
      return dict(zip(self.relaxation.groups, result.gradients))

    return tf.function(self._distributed(estimate), autograph=False)

  def train(self, training_batch: Any) -> dict:
    """Moves the weights only; returns `train_loss`, `train_accuracy`."""
    return self._train(training_batch)

  def _distributed(self, replica_step):
    def step(*batches):
      result = self.strategy.run(replica_step, args=batches)
      # Reduced inside, hence the same on all replicas.
      return {
        name: self.strategy.experimental_local_results(value)[0]
        for name, value in result.items()
      }

    return step

  def _read(self):
    return (
      algebra.as_tensors(self.supernet.trainable_variables),
      algebra.as_tensors(self.supernet.non_trainable_variables),
      self._alpha_tensors(),
    )

  def _alpha_tensors(self):
    return algebra.as_tensors(self.alphas)

  def problem(self, states: Sequence[tf.Tensor]) -> SupernetProblem:
    """The bilevel problem of the search.

    Args:
      states: see `SupernetProblem`.
    """
    return SupernetProblem(
      self.supernet,
      self.relaxation,
      states,
      self.batch_size,
      self.auxiliary_weight,
      self.precise_supernet,
      self.loss_scale,
    )

  def _search_step(self, training_batch, validation_batch):
    weights, states, alphas = self._read()
    problem = self.problem(states)
    if not self.estimator.uses_validation:
      return self._joint_step(problem, weights, alphas, training_batch)
    result = self._estimate(
      self.estimator, problem, weights, alphas, training_batch, validation_batch
    )
    penalty = self._move_alphas(result.gradients, alphas)
    # Weights have not moved, so they are not read again.
    metrics = self._weight_step(
      training_batch, weights, states, self._alpha_tensors()
    )
    return {
      **metrics,
      'validation_loss': result.validation_loss,
      **result.metrics,
      **penalty,
    }

  def _estimate(
    self, estimator, problem, weights, alphas, training_batch, validation_batch
  ):
    inner = InnerStep(
      tf.convert_to_tensor(self.weight_optimizer.learning_rate),
      self.weight_optimizer.momentum,
      self.weight_optimizer.weight_decay,
      [tf.convert_to_tensor(v) for v in self.weight_optimizer.velocities]
      or None,
    )
    return estimator(
      problem, weights, alphas, training_batch, validation_batch, inner
    )

  def _training_step(self, training_batch):
    return self._weight_step(training_batch, *self._read())

  def _weight_step(self, training_batch, weights, states, alphas):
    problem = self.problem(states)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch(weights)
      forward = problem.forward(weights, alphas, training_batch)
    gradients = problem.reduce(_gradients(tape, forward.loss, weights))
    self._move_weights(gradients, states, forward.states)
    return self._metrics(problem, forward, training_batch)

  def _joint_step(self, problem, weights, alphas, training_batch):
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch([weights, alphas])
      forward = problem.forward(weights, alphas, training_batch)
    gradients = problem.reduce(_gradients(tape, forward.loss, alphas + weights))
    penalty = self._move_alphas(gradients[: len(alphas)], alphas)
    self._move_weights(gradients[len(alphas) :], problem.states, forward.states)
    return {**self._metrics(problem, forward, training_batch), **penalty}

  def _move_alphas(self, gradients, alphas):
    """Moves alphas; returns the relaxation's penalty, if it has one.

    A function of alpha alone has the same derivative whatever estimates
    that of the loss, and on all replicas: it is added after the reduction.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch(alphas)
      penalty = self.relaxation.penalty(
        dict(zip(self.relaxation.groups, alphas))
      )
    if penalty is not None:
      gradients = algebra.axpy(
        1.0, _gradients(tape, penalty, alphas), gradients
      )
    self.alpha_optimizer.apply(gradients, self.alphas)
    return {} if penalty is None else {'penalty': penalty}

  def _move_weights(self, gradients, old_states, new_states):
    self.weight_optimizer.apply(gradients, self.supernet.trainable_variables)
    for variable, old, new in zip(
      self.supernet.non_trainable_variables, old_states, new_states
    ):
      if new is not old:
        variable.assign(new)

  def _metrics(self, problem, forward, batch):
    correct = tf.equal(
      tf.argmax(forward.logits, -1), tf.cast(batch[1], tf.int64)
    )
    share = tf.reduce_sum(tf.cast(correct, forward.loss.dtype))
    loss, accuracy = problem.reduce(
      [forward.loss, share / problem.images_of(batch[1], share.dtype)]
    )
    return {'train_loss': loss, 'train_accuracy': accuracy}


def _any_batch(supernet: Supernet) -> tuple:
  """Images and labels of a batch of any size."""
  return (
    tf.TensorSpec([None, *supernet.image_shape], tf.float32),
    tf.TensorSpec([None], tf.int32),
  )


def _gradients(tape, loss, sources):
  return tape.gradient(
    loss, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO
  )
