"""Selection of the architecture with which a search ends."""

from darts_tf.selection.by_validation import ByValidation
from darts_tf.selection.magnitude import Magnitude
from darts_tf.selection.selection import (
  Selected,
  Selection,
  Trained,
  selections,
)

__all__ = [
  'ByValidation',
  'Magnitude',
  'Selected',
  'Selection',
  'Trained',
  'selections',
]
