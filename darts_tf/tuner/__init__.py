"""Keras Tuner around the search; needs `pip install darts_tf[tuner]`.

The names below are loaded when they are first used: options can be read
without Keras Tuner.
"""

import importlib

_EXPORTS = {
  'ArchitectureHyperband': 'darts_tf.tuner.oracle',
  'ArchitectureOracle': 'darts_tf.tuner.oracle',
  'DartsTuner': 'darts_tf.tuner.tuner',
  'Finding': 'darts_tf.tuner.finding',
  'NetworkHyperModel': 'darts_tf.tuner.hypermodel',
  'TuneConfig': 'darts_tf.tuner.config',
  'declare_genotype': 'darts_tf.tuner.hyperparameters',
  'genotype_of': 'darts_tf.tuner.hyperparameters',
  'genotype_values': 'darts_tf.tuner.hyperparameters',
}

__all__ = sorted(_EXPORTS)


def __getattr__(name: str):
  if name in _EXPORTS:
    return getattr(importlib.import_module(_EXPORTS[name]), name)
  raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


def __dir__() -> list[str]:
  return __all__
