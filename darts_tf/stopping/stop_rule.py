"""The interface of stop rules: whether a search ends after an epoch."""

import abc
import dataclasses
from collections.abc import Mapping

from darts_tf.config.parts import Axis, Part
from darts_tf.schedule import Course


@dataclasses.dataclass(frozen=True)
class StopRule(Part, abc.ABC):
  """A pure function of the record that may end a search.

  A continued run makes the same decisions from the same record.
  """

  @property
  def measures(self) -> Mapping[str, int]:
    """Options of a search, and the values with which the rule has its data.

    They are set unless the user gives others.
    """
    return {}

  @abc.abstractmethod
  def result_epoch(self, course: Course) -> int | None:
    """Decides after the last epoch of the record.

    Args:
      course: the record; it holds an epoch at least.

    Returns:
      The epoch whose architecture is the result, if the search ends here;
      `None` if it goes on.
    """


stops: Axis[StopRule] = Axis('stop', listed=True)
