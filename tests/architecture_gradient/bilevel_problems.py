"""Small problems with known derivatives."""

import numpy as np
import tensorflow as tf

from darts_tf.architecture_gradient import BilevelProblem
from darts_tf.distribution.replicas import sum_over_replicas


class Quadratic(BilevelProblem):
  """Quadratic losses of w (split in two tensors) and alpha.

  L_T = w'Hw/2 + a'Mw + a'c,   L_V = w'Aw/2 + b'w + a'Bw + a'Da/2,
  so d2L_T/dw2 = H, d2L_T/da dw = M.
  """

  def __init__(self, seed=0, num_weights=5, num_alphas=3):
    rng = np.random.default_rng(seed)

    def positive(size):
      root = rng.normal(size=(size, size))
      return root @ root.T + 0.1 * np.eye(size)

    n, k = num_weights, num_alphas
    self.h, self.a, self.d = positive(n), positive(n), positive(k)
    self.m, self.coupling = rng.normal(size=(k, n)), rng.normal(size=(k, n))
    self.b, self.c = rng.normal(size=n), rng.normal(size=k)
    self.w, self.alpha = rng.normal(size=n), rng.normal(size=k)
    self.velocity = rng.normal(size=n)

  def split(self, vector, dtype=tf.float64):
    """Returns a weight vector as the list of tensors of this problem."""
    vector = tf.constant(vector, dtype)
    return [tf.reshape(vector[:2], (2, 1)), vector[2:]]

  def training_loss(self, weights, alphas, batch=None):
    w, alpha = self._vectors(weights, alphas)
    h, m, c = (tf.constant(x, w.dtype) for x in (self.h, self.m, self.c))
    return tf.tensordot(w, tf.linalg.matvec(h, w), 1) / 2 + tf.tensordot(
      alpha, tf.linalg.matvec(m, w) + c, 1
    )

  def validation_loss(self, weights, alphas, batch=None):
    w, alpha = self._vectors(weights, alphas)
    a, b, coupling, d = (
      tf.constant(x, w.dtype) for x in (self.a, self.b, self.coupling, self.d)
    )
    return tf.tensordot(w, tf.linalg.matvec(a, w) / 2 + b, 1) + tf.tensordot(
      alpha, tf.linalg.matvec(coupling, w) + tf.linalg.matvec(d, alpha) / 2, 1
    )

  def _vectors(self, weights, alphas):
    return tf.concat([tf.reshape(x, [-1]) for x in weights], 0), alphas[0]

  def expected(self, xi, momentum=0.0, weight_decay=0.0):
    """Returns (g, L_V) of second order by matrix algebra."""
    w, alpha = self.w, self.alpha
    gradient = self.h @ w + self.m.T @ alpha
    stepped = w - xi * (momentum * self.velocity + gradient + weight_decay * w)
    v = self.a @ stepped + self.b + self.coupling.T @ alpha
    direct = self.coupling @ stepped + self.d @ alpha
    loss = (
      stepped @ self.a @ stepped / 2
      + self.b @ stepped
      + alpha @ self.coupling @ stepped
      + alpha @ self.d @ alpha / 2
    )
    return direct - xi * self.m @ v, loss


class Mixture(BilevelProblem):
  """A smooth, strongly nonlinear mixture of two branches; per example.

  Args:
    batch_size: of the global batch.
  """

  def __init__(self, batch_size, reduces=False):
    self._batch_size = batch_size
    self._reduces = reduces

  def training_loss(self, weights, alphas, batch):
    inputs, targets = batch
    first, second = weights
    mixing = tf.nn.softmax(alphas[0])
    output = (
      mixing[0] * tf.tanh(inputs @ first)
      + mixing[1] * tf.sin(inputs @ second)
      + mixing[2] * inputs
    )
    share = tf.reduce_sum(tf.square(output - targets), axis=1)
    return tf.reduce_sum(tf.exp(-share) + share) / self._batch_size

  validation_loss = training_loss

  def reduce(self, tensors):
    return sum_over_replicas(tensors) if self._reduces else list(tensors)


def mixture_inputs(batch_size, dtype=np.float64):
  """Returns weights, alphas, training batch, validation batch, velocity."""
  rng = np.random.default_rng(3)
  draw = lambda *shape: rng.normal(size=shape).astype(dtype)  # noqa: E731
  weights = [draw(4, 4), draw(4, 4)]
  batches = [(draw(batch_size, 4), draw(batch_size, 4)) for _ in range(2)]
  return weights, [draw(3)], *batches, [draw(4, 4), draw(4, 4)]
