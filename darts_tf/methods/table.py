"""The table of all methods, from the registry."""

import tabulate

from darts_tf.layers.form import SupernetForm
from darts_tf.methods.method import Method, methods

COLUMNS = (
  'method',
  'published',
  'space',
  'relaxation',
  'gradient',
  'penalties',
  'form',
  'step',
  'schedule',
  'selection',
  'published defaults',
)


def method_table(style: str = 'simple') -> str:
  """Returns a table with a line for each method.

  Args:
    style: a format of the library `tabulate`.
  """
  rows = [_row(methods[name]) for name in methods]
  return tabulate.tabulate(rows, COLUMNS, style, disable_numparse=True)


def _row(method: Method) -> tuple[str, ...]:
  stops = ' or '.join(rule.name for rule in method.stops)
  schedule = method.schedule.name + (f', stops by {stops}' if stops else '')
  form = method.form
  return (
    method.name,
    method.arxiv or str(method.source),
    method.space,
    method.relaxation.name,
    method.gradient.name,
    ', '.join(penalty.name for penalty in method.penalties) or '–',
    '–' if form == SupernetForm() else form.describe(),
    step_name(method),
    schedule,
    _selection(method),
    ', '.join(
      f'{k}={v:g}' if isinstance(v, float) else f'{k}={v}'
      for k, v in method.defaults.items()
    )
    or '–',
  )


def _selection(method: Method) -> str:
  """Names the rule, and what comes before it unless that is the default."""
  rule = method.discretization.name if method.discretization else "the space's"
  if method.selection == type(method).selection:
    return rule
  return f'{method.selection.name}, {rule}'


def step_name(method: Method) -> str:
  """Returns the step of a method with the options that are not defaults."""
  step = method.step
  own = [
    str(value)
    for name, value in step.to_dict().items()
    if value != getattr(type(step), name)
  ]
  return f'{step.name} ({", ".join(own)})' if own else step.name
