"""Differentiable architecture search for TensorFlow.

The names below are loaded when they are first used, so that reading a
genotype does not import TensorFlow.
"""

import importlib

__version__ = '0.1.0'

_EXPORTS = {
    'Genotype': 'darts_tf.genotype',
    'InputError': 'darts_tf.errors',
    'OperationStyle': 'darts_tf.search_space',
    'SearchSpace': 'darts_tf.search_space',
    'load_genotype': 'darts_tf.genotype',
    'register_operation': 'darts_tf.search_space',
    'register_search_space': 'darts_tf.search_space',
    'Network': 'darts_tf.models',
    'Supernet': 'darts_tf.models',
}
_MODULES = ('data', 'interop', 'visualize')

__all__ = sorted([*_EXPORTS, *_MODULES])


def __getattr__(name: str):
  if name in _EXPORTS:
    return getattr(importlib.import_module(_EXPORTS[name]), name)
  if name in _MODULES:
    return importlib.import_module(f'darts_tf.{name}')
  raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


def __dir__() -> list[str]:
  return __all__
