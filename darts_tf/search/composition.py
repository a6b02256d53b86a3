"""The parts of a search: those of a method, and what the user replaces."""

import dataclasses
from typing import Any

from darts_tf.architecture_gradient import Estimator
from darts_tf.config.errors import InputError
from darts_tf.config.parts import Axis, Part, has, with_options
from darts_tf.config.progress import Progress
from darts_tf.layers.form import SupernetForm
from darts_tf.methods import Method, methods
from darts_tf.penalty import Penalty
from darts_tf.relaxation import Relaxation
from darts_tf.schedule import Schedule
from darts_tf.search.config import AXES, PART_OPTIONS, SearchConfig
from darts_tf.search_space.space import SearchSpace
from darts_tf.selection import Selection
from darts_tf.step import Joint, Step
from darts_tf.stopping import StopRule

# Axes that have a field in the configuration.
_NAMED = {field.name for field in dataclasses.fields(SearchConfig)} & set(AXES)

# Fields of a method that are not named like the axis.
_FIELDS = {'stop': 'stops'}


@dataclasses.dataclass(frozen=True)
class Composition:
  """One choice on each axis, with all options.

  Args:
    method: the method that the choice began with.
    relaxation: see `Method`.
    gradient: see `Method`.
    penalties: see `Method`.
    form: see `Method`.
    step: see `Method`.
    schedule: see `Method`.
    stops: see `Method`.
    selection: see `Method`.
  """

  method: Method
  relaxation: Relaxation
  gradient: Estimator
  penalties: tuple[Penalty, ...]
  form: SupernetForm
  step: Step
  schedule: Schedule
  stops: tuple[StopRule, ...]
  selection: Selection

  def parts(self, kind: str) -> tuple[Part, ...]:
    """Returns the parts on an axis, a key of `AXES`."""
    chosen = getattr(self, _FIELDS.get(kind, kind))
    return chosen if isinstance(chosen, tuple) else (chosen,)

  def options(self) -> dict[str, Any]:
    """Returns the options of all parts that have flags of their own."""
    return {
      name: value
      for kind in AXES
      for part in self.parts(kind)
      for name, value in part.to_dict().items()
      if name in PART_OPTIONS
    }

  def rates(self, progress: Progress) -> dict[str, float]:
    """Returns the factors that change as epochs pass, of all parts."""
    owners = (self.relaxation, *self.penalties, self.form, self.step)
    result: dict[str, float] = {}
    for owner in owners:
      for name, rate in owner.rates(progress).items():
        if name in result:
          raise InputError(
            'Two parts have a factor of the same name that changes as epochs'
            f' pass; expected other parts. Received: {name}, the second time'
            f' from {owner.name}'
          )
        result[name] = rate
    return result

  def check(self, space: SearchSpace) -> None:
    """Raises `InputError` if parts do not fit each other or the space."""
    if self.form.selects and not self.relaxation.selects:
      axis = AXES['relaxation']
      selecting = [name for name in axis if axis[name].selects]
      raise InputError(
        'Only selected candidates can run where the relaxation selects;'
        f' expected relaxation={" or ".join(selecting)}, or paths=all.'
        f' Received: paths=selected, relaxation={self.relaxation.name}'
      )
    self.step.check(self.gradient, self.relaxation)
    self.schedule.check(space)
    for penalty in self.penalties:
      penalty.check(self.relaxation)


def compose(config: SearchConfig) -> Composition:
  """Puts together the parts of a search.

  Args:
    config: its options, resolved or not.

  Raises:
    InputError: if a name is unknown, a value cannot be used, or an option
      belongs to none of the parts.
  """
  method = methods[config.method]
  chosen = {kind: _chosen(config, method, kind) for kind in AXES}
  if config.step is None and _moves_jointly(method, chosen['gradient'][0]):
    chosen['step'] = (Joint(),)
  for kind, axis in AXES.items():
    given = _given(config, axis)
    chosen[kind] = tuple(with_options(part, given) for part in chosen[kind])
    for name, value in given.items():
      if not any(has(part, name) for part in chosen[kind]):
        names = ', '.join(part.name for part in chosen[kind])
        raise axis.unused(name, value, names or 'none')
  return Composition(
    method,
    **{
      _FIELDS.get(kind, kind): parts if AXES[kind].listed else parts[0]
      for kind, parts in chosen.items()
    },
  )


def _chosen(
  config: SearchConfig, method: Method, kind: str
) -> tuple[Part, ...]:
  """Returns the parts on an axis, without options that have flags."""
  own = getattr(method, _FIELDS.get(kind, kind))
  own = own if isinstance(own, tuple) else (own,)
  text = getattr(config, kind, None)
  if text is None:
    return own
  axis = AXES[kind]
  if axis.listed:
    return axis.make_all(text, own)
  return (axis.make(text, own),)


def _moves_jointly(method: Method, gradient: Estimator) -> bool:
  """Tells whether one pass replaces the plain step of a method."""
  return gradient.shares_pass and method.step == type(method).step


def _given(config: SearchConfig, axis: Axis) -> dict[str, Any]:
  """Returns the options on an axis that a configuration sets."""
  names = {
    field.name
    for part in map(axis.__getitem__, axis)
    for field in dataclasses.fields(part)
  }
  return {
    name: getattr(config, name)
    for name in PART_OPTIONS
    if name in names and getattr(config, name) is not None
  }


def axis_texts(composition: Composition) -> dict[str, str | None]:
  """Returns the options that stand for the chosen parts.

  Together with the options that have flags they give the same composition
  again.

  Args:
    composition: the parts.

  Returns:
    Axis to text; `None` for the parts of the method.
  """
  result: dict[str, str | None] = {}
  for kind in AXES:
    if kind not in _NAMED:
      continue
    texts = [part_text(part) for part in composition.parts(kind)]
    own = getattr(composition.method, _FIELDS.get(kind, kind))
    own = own if isinstance(own, tuple) else (own,)
    same = texts == [part_text(part) for part in own]
    result[kind] = None if same else ','.join(texts) or 'none'
  result['gradient'] = part_text(composition.gradient)
  return result


def part_text(part: Part) -> str:
  """Returns a name, with the options that have no flags."""
  pairs = [
    f':{field.name}={getattr(part, field.name)}'
    for field in dataclasses.fields(part)
    if field.name not in PART_OPTIONS
    and getattr(part, field.name) != field.default
  ]
  return part.name + ''.join(pairs)
