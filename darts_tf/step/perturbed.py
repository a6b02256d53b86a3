"""The step of SDARTS: weights move at disturbed mixing weights."""

import dataclasses

import numpy as np
import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.config.options import option
from darts_tf.graph.constants import constant
from darts_tf.step.alternating import Alternating
from darts_tf.step.step import steps

PERTURBATIONS = ('random', 'adversarial')


@steps.add
@dataclasses.dataclass(frozen=True)
class Perturbed(Alternating):
  r"""Alternates; the move of the weights is made where weights are disturbed.

  Random smoothing adds uniform noise of the ball of radius epsilon to the
  mixing weights (arXiv:2002.05283, equation 8). The adversarial form climbs
  the training loss in `attack_steps` sign steps of `2 epsilon /
  attack_steps` from a random start, clipped to the ball around the
  undisturbed weights, in inference mode; if the loss has fallen at the end,
  the weights stay undisturbed (equation 9). Every point is projected onto
  distributions, row by row, after which it may lie outside of the ball.

  The move of the architecture is undisturbed. epsilon grows linearly:
  `radius_start + (radius_end - radius_start) e / E` in epoch e of E.

  Args:
    perturbation: `random` or `adversarial`.
    radius_start: epsilon in the first epoch.
    radius_end: epsilon after the last.
    attack_steps: sign steps of the adversarial form.
  """

  perturbation: str = option(
    'random',
    'Whether disturbances are random or adversarial.',
    choices=PERTURBATIONS,
  )
  radius_start: float = option(
    0.03, 'Radius of disturbances in the first epoch.', least=0
  )
  radius_end: float = option(
    0.3, 'Radius of disturbances after the last epoch.', least=0
  )
  attack_steps: int = option(7, 'Steps of an adversarial disturbance.', least=1)

  name = 'perturbed'

  def check(self, estimator, relaxation):
    """Refuses weights that are no distributions over an edge."""
    super().check(estimator, relaxation)
    if relaxation.normalized != 'edge' or relaxation.selects:
      raise InputError(
        'Disturbed mixing weights are projected onto distributions over the'
        ' candidates of an edge; expected a relaxation that gives such, say'
        f' softmax. Received: step={self.name}, relaxation={relaxation.name}'
      )

  def rates(self, progress):
    """See `Step`."""
    share = progress.epoch / progress.epochs
    start, end = self.radius_start, self.radius_end
    return {'radius': start + (end - start) * share}

  def weights(self, moves, batch):
    """Moves the weights at disturbed mixing weights."""
    return moves.weights(batch, self._perturb)

  def _perturb(self, loss, mixing, draw):
    noise = {
      name: 2 * draw.named(name).uniform(m.weights.shape) - 1
      for name, m in mixing.items()
    }
    disturb = add_noise if self.perturbation == 'random' else self._attack
    return disturb(loss, mixing, noise)

  def _attack(self, loss, mixing, noise):
    return attack(loss, mixing, noise, self.attack_steps)


def add_noise(loss, mixing, noise):
  """Returns projections of `p + epsilon noise`.

  Args:
    loss: the training loss.
    mixing: the mixing weights p of each group.
    noise: group to numbers of [-1, 1], `(edges, candidates)`.
  """
  result = {}
  for name, m in mixing.items():
    radius = loss.rate('radius', m.weights.dtype)
    weights = m.weights + radius * tf.cast(noise[name], m.weights.dtype)
    result[name] = m._replace(weights=project(weights, loss.exists[name]))
  return result


def attack(loss, mixing, noise, attack_steps: int):
  """Returns the mixing weights at the end of an ascent; see `Perturbed`.

  Args:
    loss: the training loss.
    mixing: the mixing weights p of each group.
    noise: group to numbers of [-1, 1], which give the start.
    attack_steps: number of sign steps.
  """
  before = loss.value(mixing)
  point = add_noise(loss, mixing, noise)
  for _ in range(attack_steps):
    gradients = loss.gradients(point)
    climbed = {}
    for name, m in point.items():
      centre = mixing[name].weights
      radius = loss.rate('radius', centre.dtype)
      step = 2 * radius / attack_steps
      weights = m.weights + step * tf.sign(gradients[name])
      weights = centre + tf.clip_by_value(weights - centre, -radius, radius)
      climbed[name] = m._replace(weights=project(weights, loss.exists[name]))
    point = climbed
  fell = loss.value(point) < before
  return {
    name: m._replace(weights=tf.where(fell, mixing[name].weights, m.weights))
    for name, m in point.items()
  }


def project(weights: tf.Tensor, exists: np.ndarray) -> tf.Tensor:
  """Maps each row to a distribution, as the released code does.

  Entries are clipped to [0, 1]; a row of zeros becomes 1 at what was its
  largest entry; rows are divided by their sums.

  Args:
    weights: `(edges, candidates)`.
    exists: which entries there are; the others are 0.

  Returns:
    A tensor of the same shape.
  """
  mask = constant(exists, weights.dtype)
  largest = tf.argmax(
    tf.where(exists, weights, weights.dtype.min), -1, output_type=tf.int32
  )
  clipped = tf.clip_by_value(weights, 0.0, 1.0) * mask
  total = tf.reduce_sum(clipped, -1, keepdims=True)
  alone = tf.one_hot(largest, weights.shape[-1], dtype=weights.dtype)
  empty = total <= 0
  return tf.where(
    empty, alone, clipped / tf.where(empty, tf.ones_like(total), total)
  )
