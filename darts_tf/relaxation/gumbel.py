"""Softmaxes of noisy logits at a falling temperature."""

import dataclasses

import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.config.options import option
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.relaxation.relaxation import Relaxation, relaxations


@dataclasses.dataclass(frozen=True)
class Noisy(Relaxation):
  r"""A softmax of `(alpha + G) / tau` with Gumbel noise G.

  One draw of G belongs to a group of cells and a use in a step.

  Args:
    temperature_start: tau at the beginning.
    temperature_end: tau at the end, above 0.
  """

  temperature_start: float = option(1.0, 'Temperature at the beginning.')
  temperature_end: float = option(0.03, 'Temperature at the end.')

  def __post_init__(self):
    super().__post_init__()
    for name in ('temperature_start', 'temperature_end'):
      if not getattr(self, name) > 0:
        raise InputError(
          'A temperature divides the logits; expected a number above 0.'
          f' Received: {name}={getattr(self, name):g}'
        )

  def expected(self, parameters, group):
    """Returns the softmax of alpha, without noise and temperature."""
    return MixingWeights(tf.nn.softmax(group.masked(parameters['alpha'])))

  def noisy_softmax(self, alpha, group, draw) -> tf.Tensor:
    """Returns `softmax((alpha + G) / tau)`, `(edges, candidates)`."""
    noise = tf.cast(draw.gumbel(group.shape), alpha.dtype)
    return noisy_softmax(
      group.masked(alpha), noise, group.rate('temperature', alpha.dtype)
    )

  def temperature(self, share: float) -> dict[str, float]:
    """Returns the temperature after a share of the way, as a rate."""
    start, end = self.temperature_start, self.temperature_end
    return {'temperature': start + (end - start) * share}


@relaxations.add
@dataclasses.dataclass(frozen=True)
class Gumbel(Noisy):
  r"""The concrete distribution of SNAS (arXiv:1812.09926, equation 4).

  All candidates run, with weights `softmax((alpha + G) / tau)`. In epoch e
  of E the temperature is `start + (end - start) (e + 1) / E`, as in the
  released code.
  """

  name = 'gumbel'

  def mixing(self, parameters, group, draw):
    """See `Relaxation`."""
    return MixingWeights(self.noisy_softmax(parameters['alpha'], group, draw))

  def rates(self, progress):
    """See `Relaxation`."""
    return self.temperature((progress.epoch + 1) / progress.epochs)


@relaxations.add
@dataclasses.dataclass(frozen=True)
class HardGumbel(Noisy):
  r"""The sampler of GDAS (arXiv:1910.04465, equation 3).

  With `p = softmax((log softmax(alpha) + G) / tau)` the weights are
  `onehot(argmax p) - stop_gradient(p) + p`: one candidate an edge has weight
  1, and gradients are those of p. In epoch e of E the temperature is `start
  + (end - start) e / (E - 1)`.

  Held-out images are classified by the candidates of the largest alphas.
  """

  temperature_start: float = option(10.0, 'Temperature at the beginning.')
  temperature_end: float = option(0.1, 'Temperature at the end.')

  name = 'hard_gumbel'
  selects = True

  def mixing(self, parameters, group, draw):
    """See `Relaxation`."""
    logits = tf.nn.log_softmax(group.masked(parameters['alpha']))
    return straight_through(self.noisy_softmax(logits, group, draw))

  def evaluation(self, parameters, group):
    """See `Relaxation`."""
    return straight_through(self.expected(parameters, group).weights)

  def rates(self, progress):
    """See `Relaxation`."""
    return self.temperature(progress.epoch / max(progress.epochs - 1, 1))


def noisy_softmax(
  logits: tf.Tensor, noise: tf.Tensor, temperature: tf.Tensor | float
) -> tf.Tensor:
  """Returns `softmax((logits + noise) / temperature)` of each row."""
  return tf.nn.softmax((logits + noise) / temperature)


def straight_through(p: tf.Tensor) -> MixingWeights:
  """Selects the most likely candidate; gradients are those of p.

  Args:
    p: `(edges, candidates)`.
  """
  selected = tf.argmax(p, -1, output_type=tf.int32)
  chosen = tf.one_hot(selected, p.shape[-1], dtype=p.dtype)
  # In this order the weight of what is not selected is exactly 0.
  return MixingWeights(chosen + (p - tf.stop_gradient(p)), selected=selected)
