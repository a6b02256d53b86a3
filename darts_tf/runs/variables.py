"""Variables to arrays and back, for checkpoints."""

import re
from collections.abc import Iterator, Mapping, Sequence

import keras
import numpy as np

from darts_tf.config.errors import DivergedError, RunStateError

_WORD = re.compile(r'(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])')
# Layers of this package say by their attributes what they consist of.
_OWN = 'darts_tf.'


def named_variables(layer: keras.layers.Layer) -> dict[str, keras.Variable]:
  """Names each variable of a layer by its place in the layer.

  A name consists of attributes, and of the names of layers in lists if they
  were given one: `cells/cell_00/mixed_edges/from_0/…/kernel`. It does not
  depend on other layers that a process has made.

  Args:
    layer: a built layer or model.

  Returns:
    Name to variable, in the order of `layer.variables`.
  """
  names: dict[int, str] = {}
  for name, variable in _walk(layer, set()):
    names.setdefault(id(variable), name)
  named = {names[id(v)]: v for v in layer.variables}
  if len(named) != len(layer.variables):
    raise ValueError(f'Variables share a name. Received: layer={layer.name!r}')
  return named


def named_slots(
  optimizer: keras.optimizers.Optimizer, names: Sequence[str]
) -> dict[str, keras.Variable]:
  """Names each variable of an optimizer by what it belongs to.

  Args:
    optimizer: a built optimizer.
    names: of the variables that it moves, in order.

  Returns:
    Name to variable, as `velocities/NAME`, in the order of
    `optimizer.variables`.
  """
  found: dict[int, str] = {}
  own = {id(v) for v in optimizer.variables}
  for attribute, value in vars(optimizer).items():
    if isinstance(value, list) and len(value) == len(names):
      slots = zip(names, value)
    else:
      slots = [('', value)]
    for name, variable in slots:
      if id(variable) in own:
        found.setdefault(
          id(variable), f'{attribute}/{name}'.strip('_').rstrip('/')
        )
  return {found[id(v)]: v for v in optimizer.variables}


def _walk(
  layer: keras.layers.Layer, seen: set[int]
) -> Iterator[tuple[str, keras.Variable]]:
  """Yields the variables of a layer with their names in it."""
  seen.add(id(layer))
  if not type(layer).__module__.startswith(_OWN):
    for position, variable in enumerate(layer.variables):
      yield f'{position:02d}_{variable.name}', variable
    return
  inner = []
  for attribute, value in vars(layer).items():
    if not attribute.startswith('_'):
      inner += list(_inner(attribute, value))
  reached = set()
  for name, value in inner:
    if id(value) in seen:
      continue
    for rest, variable in _walk(value, seen):
      reached.add(id(variable))
      yield f'{name}/{rest}', variable
  for variable in layer.variables:
    if id(variable) not in reached:
      yield variable.name, variable


def _inner(
  attribute: str, value: object
) -> Iterator[tuple[str, keras.layers.Layer]]:
  """Yields the layers in an attribute, with their names."""
  if isinstance(value, keras.layers.Layer):
    yield attribute, value
  elif isinstance(value, list | tuple):
    for position, item in enumerate(value):
      name = str(position)
      if isinstance(item, keras.layers.Layer) and not _is_automatic(item):
        name = item.name
      yield from _inner(f'{attribute}/{name}', item)


def _is_automatic(layer: keras.layers.Layer) -> bool:
  """Tells whether Keras has named a layer, by class and number."""
  snake = _WORD.sub('_', type(layer).__name__).lower()
  return re.fullmatch(rf'{snake}(_\d+)?', layer.name) is not None


def to_arrays(
  owner: str, variables: Mapping[str, keras.Variable]
) -> dict[str, np.ndarray]:
  """Copies variables into arrays named `owner/name`."""
  return {
    f'{owner}/{name}': np.array(variable.numpy())
    for name, variable in variables.items()
  }


def assign_arrays(
  owner: str,
  variables: Mapping[str, keras.Variable],
  arrays: Mapping[str, np.ndarray],
) -> None:
  """Assigns what `to_arrays` returned.

  Raises:
    RunStateError: if an array is missing, is of another shape, or belongs to
      no variable, as those of another version of the program.
  """
  given = {
    name.removeprefix(f'{owner}/'): array
    for name, array in arrays.items()
    if name.startswith(f'{owner}/')
  }
  wrong = sorted(set(given) ^ set(variables)) or sorted(
    name
    for name, variable in variables.items()
    if tuple(variable.shape) != given[name].shape
  )
  if wrong:
    raise RunStateError(
      'The checkpoint was written by another version of darts_tf; expected'
      ' that version to finish the run, or another --workdir. Received:'
      f' {len(wrong)} arrays of {owner} that differ, e.g. {wrong[0]}'
    )
  for name, variable in variables.items():
    variable.assign(given[name])


def check_finite(arrays: Mapping[str, np.ndarray], received: str) -> None:
  """Refuses to go on with a state that is spoilt, before it is saved.

  Args:
    arrays: name to array.
    received: the options that the user can change, as `name=value`.

  Raises:
    DivergedError: if a number is NaN or infinite.
  """
  for array in arrays.values():
    if array.dtype.kind == 'f' and not np.isfinite(array).all():
      raise not_finite('weights are', received)


def not_finite(what: str, received: str) -> DivergedError:
  """Returns the error for a run that has diverged."""
  return DivergedError(
    f'The {what} no longer a finite number; the last good checkpoint is'
    ' kept. Try a smaller learning_rate or clip_norm in another --workdir.'
    f' Received: {received}'
  )
