"""A bilevel problem in two numbers, with a known solution.

L_T = w^2 - 2 alpha w + alpha^2,   L_V = alpha w - 2 alpha + 1

(arXiv:1806.09055, figure 2). The best weight is w = alpha, so the solution
is alpha = w = 1. With inner step size xi, descent comes to rest at
alpha = 2 / (1 + 2 xi): at 2 for first order (xi = 0), at 1 for xi = 0.5.
"""

import math
from typing import NamedTuple

import tensorflow as tf

from darts_tf.architecture_gradient import (
  BilevelProblem,
  Estimator,
  FirstOrder,
  InnerStep,
  architecture_gradients,
)
from darts_tf.config.errors import DivergedError, InputError


class ToyProblem(BilevelProblem):
  """The two losses; weights and alphas are lists of one scalar each."""

  def training_loss(self, weights, alphas, batch=None):
    """Returns (w - alpha)^2, expanded."""
    del batch
    [w], [alpha] = weights, alphas
    return w * w - 2.0 * alpha * w + alpha * alpha

  def validation_loss(self, weights, alphas, batch=None):
    """Returns alpha w - 2 alpha + 1."""
    del batch
    [w], [alpha] = weights, alphas
    return alpha * w - 2.0 * alpha + 1.0


class Trajectory(NamedTuple):
  """The path of a descent.

  Args:
    xi: inner step size.
    iterations: number of iterations, the last one included.
    alpha: alpha at the start and after each iteration.
    w: w likewise.
    converged: whether both moves fell below the tolerance.
  """

  xi: float
  iterations: int
  alpha: list[float]
  w: list[float]
  converged: bool


def _check(name: str, value: float, least: float, strict: bool) -> None:
  enough = value > least if strict else value >= least
  if not (math.isfinite(value) and enough):
    bound = f'{"above" if strict else "of at least"} {least:g}'
    raise InputError(
      f'Not a usable {name}; expected a finite number {bound}.'
      f' Received: {name}={value!r}'
    )


def _choose(xi: float, gradient: str | Estimator) -> Estimator:
  estimator = gradient
  if not isinstance(estimator, Estimator):
    estimator = architecture_gradients[gradient]()
  if not estimator.uses_learning_rate:
    if xi:
      raise InputError(
        f'The gradient {estimator.name} has no inner step; expected xi=0,'
        f' or a second-order gradient. Received: xi={xi!r}'
      )
    return estimator
  # With xi = 0 nothing is added to the first-order gradient: the same
  # number, cheaper.
  return estimator if xi else FirstOrder()


def solve(
  xi: float,
  gradient: str | Estimator = 'second_order',
  learning_rate: float = 0.01,
  start: tuple[float, float] = (2.0, -2.0),
  tolerance: float = 1e-4,
  max_iterations: int = 10_000,
) -> Trajectory:
  """Solves the toy problem by plain gradient descent in float64.

  An iteration moves alpha first, and then w with the new alpha. It is the
  last one if both moves are smaller than the tolerance.

  Args:
    xi: inner step size; with 0 a second-order gradient is the first-order
      one, and that is what runs. An implicit gradient without a step of its
      own takes this one.
    gradient: a name in `architecture_gradients`, or an estimator.
    learning_rate: of alpha and of w.
    start: alpha and w at the start.
    tolerance: the largest move that counts as rest.
    max_iterations: the most iterations made.

  Returns:
    The path.

  Raises:
    InputError: for a number out of range, an unknown gradient, or a
      gradient without an inner step together with xi > 0.
    DivergedError: if the descent, or a series, diverges.
  """
  _check('xi', xi, 0, strict=False)
  _check('learning_rate', learning_rate, 0, strict=True)
  _check('tolerance', tolerance, 0, strict=True)
  _check('max_iterations', max_iterations, 1, strict=False)
  estimator = _choose(xi, gradient)
  problem = ToyProblem()
  inner = InnerStep(learning_rate=tf.constant(xi, tf.float64))
  rate = tf.constant(learning_rate, tf.float64)

  first = estimator(
    problem,
    [tf.constant(start[1], tf.float64)],
    [tf.constant(start[0], tf.float64)],
    None,
    None,
    inner,
  )
  estimator.check({k: float(v) for k, v in first.metrics.items()})

  def moved(alpha, w):
    upper = estimator(problem, [w], [alpha], None, None, inner)
    alpha = alpha - rate * upper.gradients[0]
    with tf.GradientTape() as tape:
      tape.watch(w)
      loss = problem.training_loss([w], [alpha])
    return alpha, w - rate * tape.gradient(loss, w)

  def iterate(step, resting, alpha, w, alphas, ws):
    del resting
    new_alpha, new_w = moved(alpha, w)
    resting = (
      tf.maximum(tf.abs(new_alpha - alpha), tf.abs(new_w - w)) < tolerance
    )
    alphas = alphas.write(step + 1, new_alpha)
    ws = ws.write(step + 1, new_w)
    return step + 1, resting, new_alpha, new_w, alphas, ws

  @tf.function(autograph=False)
  def descend():
    alpha, w = tf.unstack(tf.constant(start, tf.float64))
    paths = [
      tf.TensorArray(
        tf.float64, size=1, dynamic_size=True, element_shape=()
      ).write(0, value)
      for value in (alpha, w)
    ]
    step, resting, _, _, alphas, ws = tf.while_loop(
      lambda step, resting, *_: ~resting & (step < max_iterations),
      iterate,
      (tf.constant(0), tf.constant(False), alpha, w, *paths),
    )
    return step, resting, alphas.stack(), ws.stack()

  # Traced by hand: a function that is called once would be reported as
  # one that is traced too often.
  step, resting, alphas, ws = descend.get_concrete_function()()
  alpha_path, w_path = alphas.numpy().tolist(), ws.numpy().tolist()
  if not (math.isfinite(alpha_path[-1]) and math.isfinite(w_path[-1])):
    raise DivergedError(
      'The descent diverged; expected a smaller learning rate.'
      f' Received: learning_rate={learning_rate!r}'
    )
  return Trajectory(
    xi=float(xi),
    iterations=int(step),
    alpha=alpha_path,
    w=w_path,
    converged=bool(resting),
  )
