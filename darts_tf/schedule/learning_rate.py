"""Learning rates by epoch: pure functions, constant inside an epoch."""

import dataclasses
import math

from darts_tf.config.errors import InputError, unknown_name


def constant(maximum: float) -> float:
  """Returns maximum."""
  return maximum


def cosine(
  epoch: float, epochs: int, maximum: float, minimum: float = 0.0
) -> float:
  """Returns min + (max - min) (1 + cos(pi e / E)) / 2.

  The closed form of `CosineAnnealingLR` of PyTorch (arXiv:1608.03983,
  equation 5, without restarts).

  Args:
    epoch: e, counted from 0.
    epochs: E, where the minimum is reached.
    maximum: the rate at e = 0.
    minimum: the rate at e = E.

  Returns:
    The rate.
  """
  return (
    minimum + (maximum - minimum) * (1 + math.cos(math.pi * epoch / epochs)) / 2
  )


def exponential(epoch: float, maximum: float, decay: float = 0.97) -> float:
  """Returns max decay^e.

  Args:
    epoch: e, counted from 0.
    maximum: the rate at e = 0.
    decay: the factor from one epoch to the next.

  Returns:
    The rate.
  """
  return maximum * decay**epoch


def linear(
  epoch: float,
  epochs: int,
  maximum: float,
  minimum: float = 0.0,
  warmup_epochs: int = 0,
) -> float:
  """Returns a rate that rises for W epochs and then falls along a line.

  max (e + 1) / W                               for e < W,
  min + (max - min) (E - e) / (E - W)           from e = W on.

  Args:
    epoch: e, counted from 0.
    epochs: E, where the minimum is reached.
    maximum: the rate at e = W - 1 and at e = W.
    minimum: the rate at e = E.
    warmup_epochs: W, less than E.

  Returns:
    The rate.
  """
  if epoch < warmup_epochs:
    return maximum * (epoch + 1) / warmup_epochs
  return minimum + (maximum - minimum) * (
    (epochs - epoch) / (epochs - warmup_epochs)
  )


# Which of the optional settings each schedule looks at.
_SETTINGS = {
  'constant': frozenset(),
  'cosine': frozenset({'minimum'}),
  'exponential': frozenset({'decay'}),
  'linear': frozenset({'minimum', 'warmup_epochs'}),
}


@dataclasses.dataclass(frozen=True)
class LearningRate:
  """A learning rate schedule by name.

  A setting that the named schedule does not look at must be left alone.

  Args:
    name: `constant`, `cosine`, `exponential` or `linear`.
    maximum: the largest rate.
    minimum: the rate at the end, for cosine and linear.
    epochs: E, the length of the run in epochs.
    warmup_epochs: epochs of rising rate, for linear.
    decay: factor per epoch, for exponential; None stands for 0.97.

  Raises:
    InputError: if a setting is out of range, or is given to a schedule
      that has no use for it.
  """

  name: str
  maximum: float
  minimum: float = 0.0
  epochs: int = 1
  warmup_epochs: int = 0
  decay: float | None = None

  def __post_init__(self):
    if self.name not in _SETTINGS:
      raise unknown_name('learning_rate_schedule', self.name, _SETTINGS)
    for field in dataclasses.fields(self):
      if field.name in ('name', 'maximum', 'epochs'):
        continue
      value = getattr(self, field.name)
      if value != field.default and field.name not in _SETTINGS[self.name]:
        users = sorted(
          name for name, used in _SETTINGS.items() if field.name in used
        )
        raise InputError(
          f'The {self.name} learning rate has no {field.name}; expected it'
          f' only with {" or ".join(users)}.'
          f' Received: {field.name}={value!r}'
        )
    self._require(self.epochs >= 1, 'epochs', 'a whole number of at least 1')
    self._require(
      0 < self.maximum < math.inf, 'maximum', 'a finite number above 0'
    )
    self._require(
      0 <= self.minimum <= self.maximum,
      'minimum',
      f'a number from 0 to the maximum, {self.maximum:g}',
    )
    self._require(
      0 <= self.warmup_epochs < self.epochs,
      'warmup_epochs',
      f'a whole number from 0 to {self.epochs - 1}',
    )
    self._require(
      self.decay is None or 0 < self.decay <= 1,
      'decay',
      'a number above 0, at most 1',
    )

  def _require(self, holds: bool, name: str, expected: str) -> None:
    if not holds:
      raise InputError(
        f'Not a usable {name} of a learning rate; expected {expected}.'
        f' Received: {name}={getattr(self, name)!r}'
      )

  def at(self, epoch: int) -> float:
    """Returns the rate of an epoch.

    Args:
      epoch: counted from 0, at most `epochs`.

    Returns:
      The rate, used throughout the epoch.

    Raises:
      InputError: if the epoch lies outside the run.
    """
    if not 0 <= epoch <= self.epochs:
      raise InputError(
        f'The learning rate is defined from epoch 0 to {self.epochs};'
        f' expected an epoch of the run. Received: epoch={epoch!r}'
      )
    if self.name == 'cosine':
      return cosine(epoch, self.epochs, self.maximum, self.minimum)
    if self.name == 'exponential':
      decay = 0.97 if self.decay is None else self.decay
      return exponential(epoch, self.maximum, decay)
    if self.name == 'linear':
      return linear(
        epoch, self.epochs, self.maximum, self.minimum, self.warmup_epochs
      )
    return constant(self.maximum)
