"""Names and quantities in the words of a report."""

from typing import Any

import numpy as np

_LABELS = {
  'index': 'Sample',
  'multiply_adds': 'Multiply-adds',
  'name': 'Data set',
  'num_train': 'Training images',
  'num_test': 'Test images',
  'mean': 'Pixel mean',
  'std': 'Pixel standard deviation',
}


def duration(seconds: float) -> str:
  """Seconds in words: `41.3 s`, `12 min 5 s`, `3 h 20 min`."""
  if seconds < 60:
    return f'{seconds:.1f} s'
  minutes, rest = divmod(round(seconds), 60)
  if minutes < 60:
    return f'{minutes} min {rest} s'
  return f'{minutes // 60} h {minutes % 60} min'


def quantity(count: float) -> str:
  """A count with a unit prefix, to three digits: `3.35 M`."""
  for size, prefix in ((1e9, 'G'), (1e6, 'M'), (1e3, 'k')):
    if count >= size:
      return (
        f'{count / size:.3g} {prefix}'
        if count < 999.5 * size
        else (f'{count / size:,.0f} {prefix}')
      )
  return f'{count:g}'


def shown(name: str, value: Any, exact: bool = False) -> str:
  """A result in the form that suits its name; counts may be exact."""
  if value is None:
    return 'not measured'
  if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
    return str(value)
  if name.endswith('accuracy'):
    return f'{100 * value:.2f} %'
  if name.endswith('seconds'):
    return duration(float(value))
  if name in ('parameters', 'multiply_adds'):
    return f'{int(value):,}' if exact else quantity(float(value))
  return f'{value:.4g}' if isinstance(value, float) else str(value)


def label(name: str) -> str:
  """An option's or a result's name in words."""
  if name in _LABELS:
    return _LABELS[name]
  words = name.replace('_', ' ')
  if words.endswith(' seconds'):
    words = words.removesuffix(' seconds') + ' time'
  return words[:1].upper() + words[1:]
