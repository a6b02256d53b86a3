"""The moves of a search step, on one replica."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from darts_tf.architecture_gradient import Estimator, InnerStep
from darts_tf.architecture_gradient import tensors as algebra
from darts_tf.layers.batch_norm import frozen_averages
from darts_tf.optimizers.pytorch import PyTorchOptimizer
from darts_tf.penalty import Costs, Penalty, View
from darts_tf.relaxation import Architecture, Use
from darts_tf.search.problem import Forward, Mixing, SupernetProblem
from darts_tf.step.step import Metrics, Perturb


class ReplicaMoves:
  """See `darts_tf.step.Moves`; made anew in each step.

  Variables are read once between moves of them.

  Args:
    architecture: parameters, masks and rates.
    estimator: of the architecture gradient.
    penalties: what is added to the loss of the architecture.
    costs: what penalties have asked for.
    weight_optimizer: takes reduced gradients.
    alpha_optimizer: takes reduced gradients.
    make_problem: `make_problem(states, mixing)` returns the problem.
    draw: `draw(use)` returns the source of random numbers of this step.
  """

  def __init__(
    self,
    architecture: Architecture,
    estimator: Estimator,
    penalties: Sequence[Penalty],
    costs: Mapping[str, Costs],
    weight_optimizer: PyTorchOptimizer,
    alpha_optimizer: PyTorchOptimizer,
    make_problem,
    draw,
  ):
    self._architecture = architecture
    self._estimator = estimator
    self._penalties = tuple(penalties)
    self._costs = costs
    self._weight_optimizer = weight_optimizer
    self._alpha_optimizer = alpha_optimizer
    self._make_problem = make_problem
    self._draw = draw
    self._supernet = make_problem((), None).supernet
    self._weights = self._states = self._alphas = None

  def architecture(self, training_batch: Any, validation_batch: Any) -> Metrics:
    """See `Moves`."""
    result = self.estimate(self._estimator, training_batch, validation_batch)
    penalty = self._move_alphas(result.gradients)
    return {
      'validation_loss': result.validation_loss,
      **result.metrics,
      **penalty,
    }

  def estimate(self, estimator: Estimator, training_batch, validation_batch):
    """Estimates the architecture gradient; moves nothing."""
    self._read()
    if not estimator.uses_validation:
      validation_batch = None
    optimizer = self._weight_optimizer
    inner = InnerStep(
      tf.convert_to_tensor(optimizer.learning_rate),
      optimizer.momentum,
      optimizer.weight_decay,
      [tf.convert_to_tensor(v) for v in optimizer.velocities] or None,
    )
    draw = self._draw(Use.ARCHITECTURE)
    problem = self._problem(
      lambda alphas: self._architecture.mixing(alphas, draw)
    )
    return estimator(
      problem,
      self._weights,
      self._alphas,
      training_batch,
      validation_batch,
      inner,
    )

  def weights(self, batch: Any, perturb: Perturb | None = None) -> Metrics:
    """See `Moves`."""
    self._read()
    draw = self._draw(Use.WEIGHTS)
    mixing = self._architecture.mixing(self._alphas, draw)
    problem = self._problem(None)
    if perturb is not None:
      loss = _FixedWeights(problem, self._weights, batch, self._architecture)
      disturbed = perturb(loss, mixing, draw.named('disturbance'))
      mixing = tf.nest.map_structure(
        lambda x: x if x is None else tf.stop_gradient(x), disturbed
      )
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch(self._weights)
      forward = problem.forward(self._weights, mixing, batch)
    gradients = problem.reduce(_gradients(tape, forward.loss, self._weights))
    self._move_weights(gradients, forward)
    return _metrics(problem, forward, batch)

  def both(self, batch: Any) -> Metrics:
    """See `Moves`."""
    self._read()
    draw, alphas, weights = self._draw(Use.WEIGHTS), self._alphas, self._weights
    problem = self._problem(None)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch([weights, alphas])
      mixing = self._architecture.mixing(alphas, draw)
      forward = problem.forward(weights, mixing, batch)
    gradients = problem.reduce(_gradients(tape, forward.loss, alphas + weights))
    penalty = self._move_alphas(gradients[: len(alphas)])
    self._move_weights(gradients[len(alphas) :], forward)
    return {**_metrics(problem, forward, batch), **penalty}

  def _read(self) -> None:
    """Reads what has moved since it was read."""
    if self._weights is None:
      self._weights = algebra.as_tensors(self._supernet.trainable_variables)
      self._states = algebra.as_tensors(self._supernet.non_trainable_variables)
    if self._alphas is None:
      self._alphas = self._architecture.tensors()

  def _problem(self, mixing) -> SupernetProblem:
    return self._make_problem(self._states, mixing)

  def _move_alphas(self, gradients) -> Metrics:
    """Moves the architecture; returns the penalties, if there are any.

    A function of alpha alone has the same derivative whatever estimates
    that of the loss, and on all replicas: it is added after the reduction.
    """
    metrics = {}
    if self._penalties:
      with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(self._alphas)
        view = self._view()
        values = {p.name: p(view) for p in self._penalties}
        total = tf.add_n(list(values.values()))
      gradients = algebra.axpy(
        1.0, _gradients(tape, total, self._alphas), gradients
      )
      metrics['penalty'] = total
      if len(values) > 1:
        metrics |= {f'penalty_{name}': v for name, v in values.items()}
    variables = list(self._architecture.parameters.values())
    self._alpha_optimizer.apply(gradients, variables)
    self._architecture.after_update()
    self._alphas = None
    return metrics

  def _view(self) -> View:
    by_group = self._architecture.by_group(self._alphas)
    return View(
      {name: group for name, (_, group) in by_group.items()},
      {name: own for name, (own, _) in by_group.items()},
      self._architecture.expected(self._alphas),
      self._costs,
    )

  def _move_weights(self, gradients, forward: Forward) -> None:
    self._weight_optimizer.apply(gradients, self._supernet.trainable_variables)
    for variable, old, new in zip(
      self._supernet.non_trainable_variables, self._states, forward.states
    ):
      if new is not old:
        variable.assign(new)
    self._weights = None


class _FixedWeights:
  """See `darts_tf.step.WeightLoss`."""

  def __init__(
    self,
    problem: SupernetProblem,
    weights: Sequence[tf.Tensor],
    batch: Any,
    architecture: Architecture,
  ):
    self._problem, self._weights, self._batch = problem, weights, batch
    self._architecture = architecture

  @property
  def exists(self) -> Mapping[str, np.ndarray]:
    """Group to a boolean array: which entries exist."""
    return self._architecture.candidates_exist

  def value(self, mixing: Mixing) -> tf.Tensor:
    """Returns the loss of the global batch."""
    return self._problem.reduce([self._share(mixing)])[0]

  def gradients(self, mixing: Mixing) -> Mapping[str, tf.Tensor]:
    """Returns its gradient by the mixing weights of each group."""
    weights = [m.weights for m in mixing.values()]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch(weights)
      loss = self._share(mixing)
    gradients = self._problem.reduce(_gradients(tape, loss, weights))
    return dict(zip(mixing, gradients, strict=True))

  def rate(self, name: str, dtype: tf.DType) -> tf.Tensor:
    """Returns a factor that changes as epochs pass."""
    return tf.cast(self._architecture.rates[name], dtype)

  def _share(self, mixing):
    with frozen_averages():
      return self._problem.forward(
        self._weights, mixing, self._batch, training=False
      ).loss


def _metrics(problem, forward: Forward, batch) -> Metrics:
  correct = tf.equal(tf.argmax(forward.logits, -1), tf.cast(batch[1], tf.int64))
  share = tf.reduce_sum(tf.cast(correct, forward.loss.dtype))
  loss, accuracy = problem.reduce(
    [forward.loss, share / problem.images_of(batch[1], share.dtype)]
  )
  return {'train_loss': loss, 'train_accuracy': accuracy}


def _gradients(tape, loss, sources):
  return tape.gradient(
    loss, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO
  )
