"""A ranking of trainings by their first epochs."""

import dataclasses
from collections.abc import Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

# Widths of the convolutions over a curve, and their channels.
_WIDTHS = (2, 3, 5)
_CHANNELS = 8
_UNITS = 16
_STEPS = 300
_PAIRS = 64
_RATE = 0.01
_DECAY = 1e-3


@dataclasses.dataclass(frozen=True)
class Curve:
  """A training.

  Args:
    values: the value to maximize, after each epoch.
    choices: its hyperparameters, by name.
  """

  values: tuple[float, ...]
  choices: Mapping[str, str] = dataclasses.field(default_factory=dict)


class CurveRanking:
  r"""A network that ranks trainings by their first epochs.

  LCRankNet (arXiv:2006.03361): a function `f` of the beginning of a curve
  and of the architecture, trained on all pairs of whole curves so that

      P(i ends above j) = sigmoid(f(x_i) - f(x_j))

  has the least cross-entropy. Convolutions of several widths read the
  beginning, and only their largest outputs count. The architecture is
  one-hot here, not a sequence for an LSTM. Both curves of a pair are cut
  after the same epoch, one of its own for each pair.

  Args:
    curves: trainings that went through, of one length, at least two.
    seed: of weights and pairs; the same curves give the same ranking.
  """

  def __init__(self, curves: Sequence[Curve], seed: int = 0):
    self._length = len(curves[0].values)
    self._names = sorted(
      {
        (name, value)
        for curve in curves
        for name, value in curve.choices.items()
      }
    )
    values = np.array([curve.values for curve in curves], np.float32)
    self._shift = float(values.mean())
    self._scale = float(values.std()) or 1.0
    self._network = _network(
      self._length, len(self._names), np.random.default_rng(seed)
    )
    self._fit(values, np.stack([self._encode(c) for c in curves]), seed)

  def probability(self, curve: Curve, best: Curve) -> float:
    """Returns the probability that a training ends above another.

    Args:
      curve: its first epochs, one at least.
      best: the other one, of which only the same epochs count.
    """
    length = min(len(curve.values), len(best.values), self._length)
    scores = self._network(
      [
        self._cut(np.array([c.values[:length] for c in (curve, best)])),
        np.stack([self._encode(c) for c in (curve, best)]),
      ]
    )
    return float(tf.sigmoid(scores[0, 0] - scores[1, 0]))

  def _encode(self, curve: Curve) -> np.ndarray:
    return np.array(
      [curve.choices.get(name) == value for name, value in self._names],
      np.float32,
    )

  def _cut(self, values: np.ndarray) -> np.ndarray:
    """`(curves, length, 2)`: values, and whether there are any yet."""
    result = np.zeros((len(values), self._length, 2), np.float32)
    result[:, : values.shape[1], 0] = (values - self._shift) / self._scale
    result[:, : values.shape[1], 1] = 1
    return result

  def _fit(self, values, encodings, seed) -> None:
    draw = np.random.default_rng([seed, len(values)])
    optimizer = keras.optimizers.AdamW(_RATE, weight_decay=_DECAY)
    optimizer.build(self._network.trainable_variables)

    @tf.function
    def step(curves, architectures, above):
      with tf.GradientTape() as tape:
        first, second = tf.split(
          self._network([curves, architectures])[:, 0], 2
        )
        loss = tf.reduce_mean(
          tf.nn.sigmoid_cross_entropy_with_logits(above, first - second)
        )
      variables = self._network.trainable_variables
      optimizer.apply(tape.gradient(loss, variables), variables)

    whole = self._cut(values)
    for _ in range(_STEPS):
      first, second = draw.integers(len(values), size=(2, _PAIRS))
      lengths = draw.integers(1, self._length, _PAIRS)
      seen = (np.arange(self._length) < np.tile(lengths, 2)[:, None])[..., None]
      pairs = np.concatenate([first, second])
      last = values[:, -1]
      above = np.sign(last[first] - last[second]) / 2 + 0.5
      step(
        tf.constant(whole[pairs] * seen),
        tf.constant(encodings[pairs]),
        tf.constant(above, tf.float32),
      )


def _network(length: int, choices: int, draw: np.random.Generator):
  """Builds the function `f`; see `CurveRanking`."""

  def weights():
    return keras.initializers.GlorotUniform(int(draw.integers(2**31)))

  curve = keras.Input((length, 2))
  parts = [
    keras.layers.GlobalMaxPooling1D()(
      keras.layers.Conv1D(
        _CHANNELS,
        width,
        padding='same',
        activation='tanh',
        kernel_initializer=weights(),
      )(curve)
    )
    for width in _WIDTHS
  ]
  inputs = [curve, keras.Input((choices,))]
  if choices:
    parts.append(
      keras.layers.Dense(_CHANNELS, kernel_initializer=weights())(inputs[1])
    )
  hidden = keras.layers.Dense(
    _UNITS, activation='tanh', kernel_initializer=weights()
  )(keras.layers.Concatenate()(parts))
  # A constant has no part in differences.
  return keras.Model(
    inputs,
    keras.layers.Dense(1, use_bias=False, kernel_initializer=weights())(hidden),
  )
