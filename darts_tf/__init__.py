"""Differentiable architecture search for TensorFlow.

The names below are loaded when they are first used, so that reading a
genotype does not import TensorFlow.
"""

import importlib

__version__ = '0.1.0'

_EXPORTS = {
  'CellTopology': 'darts_tf.search_space',
  'Genotype': 'darts_tf.genotype',
  'InputError': 'darts_tf.config.errors',
  'MacroLayout': 'darts_tf.search_space',
  'Network': 'darts_tf.models',
  'OperationStyle': 'darts_tf.search_space',
  'SearchConfig': 'darts_tf.search.config',
  'SearchSpace': 'darts_tf.search_space',
  'Supernet': 'darts_tf.models',
  'TrainConfig': 'darts_tf.training.config',
  'load_genotype': 'darts_tf.genotype',
  'load_trained': 'darts_tf.training',
  'register_operation': 'darts_tf.search_space',
  'register_search_space': 'darts_tf.search_space',
  'run_pipeline': 'darts_tf.pipeline.pipeline',
  'run_search': 'darts_tf.search',
  'run_training': 'darts_tf.training',
  'same_candidates': 'darts_tf.search_space',
}
_MODULES = ('data', 'export', 'interop', 'layers', 'models', 'visualize')

__all__ = sorted([*_EXPORTS, *_MODULES])


def __getattr__(name: str):
  if name in _EXPORTS:
    return getattr(importlib.import_module(_EXPORTS[name]), name)
  if name in _MODULES:
    return importlib.import_module(f'darts_tf.{name}')
  raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


def __dir__() -> list[str]:
  return __all__
