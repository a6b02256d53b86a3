"""A name that a library keeps to itself."""

import dataclasses
import importlib
import inspect
from typing import Any


@dataclasses.dataclass(frozen=True)
class Private:
  """A private name that this package relies on.

  Args:
    library: the library, and the version that the use was written for.
    path: where the name is: `module:attribute.attribute`.
    parameters: names of what it takes, if it is a function.
    used: which part of this package uses it, or overrides it, and for what.
  """

  library: str
  path: str
  parameters: tuple[str, ...] | None
  used: str

  def get(self) -> Any:
    """Imports what has the name.

    Raises:
      RuntimeError: if it is gone.
    """
    module, _, names = self.path.partition(':')
    try:
      value = importlib.import_module(module)
      for name in names.split('.'):
        value = getattr(value, name)
    except (ImportError, AttributeError) as error:
      raise RuntimeError(
        f'Written for {self.library}; {self.path} is gone. Used by {self.used}'
      ) from error
    return value

  def check(self) -> None:
    """Looks whether the name still means what it did.

    Raises:
      RuntimeError: if it is gone, or takes something else.
    """
    value = self.get()
    if self.parameters is None:
      return
    found = tuple(inspect.signature(value).parameters)
    if found != self.parameters:
      raise RuntimeError(
        f'Written for {self.library}; {self.path} takes other parameters:'
        f' expected {", ".join(self.parameters)}, found {", ".join(found)}.'
        f' Used by {self.used}'
      )
