"""The variables of an architecture that is being searched."""

import dataclasses
import zlib
from collections.abc import Iterable, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.relaxation.draw import Draw
from darts_tf.relaxation.group import Group
from darts_tf.relaxation.relaxation import Relaxation
from darts_tf.search_space.space import SearchSpace

Mixing = dict[str, MixingWeights]


class Architecture:
  """Architecture parameters, masks and rates, and their mixing weights.

  Args:
    relaxation: turns parameters into mixing weights.
    space: the search space.
    groups: group of cells to cell kind, see `SearchSpace.groups`.
    rates: names of factors that change as epochs pass; they start at 0.
    dtype: of the parameters.

  Attributes:
    parameters: `group/name` to variable, as `normal/alpha`.
    masks: group to a boolean variable: which candidates are still there.
    rates: name to variable.
    exists: like `parameters`, which entries there are.
  """

  def __init__(
    self,
    relaxation: Relaxation,
    space: SearchSpace,
    groups: Mapping[str, str],
    rates: Iterable[str] = (),
    dtype: str = 'float32',
  ):
    self.relaxation = relaxation
    self._groups = {
      name: Group(
        name,
        kind,
        space.topology,
        space.candidates[kind],
        space.candidate_mask(kind),
        None,
        {},
      )
      for name, kind in groups.items()
    }
    self.exists = {
      f'{group.name}/{name}': exists
      for group in self._groups.values()
      for name, exists in relaxation.parameters(group).items()
    }
    self.parameters = {
      name: _variable(np.zeros(exists.shape), dtype, name)
      for name, exists in self.exists.items()
    }
    self.masks = {
      name: _variable(group.exists, 'bool', f'{name}/mask')
      for name, group in self._groups.items()
    }
    self.rates = {name: _variable(0.0, 'float32', name) for name in rates}

  @property
  def groups(self) -> dict[str, str]:
    """Group of cells to cell kind."""
    return {name: group.kind for name, group in self._groups.items()}

  @property
  def candidates_exist(self) -> dict[str, np.ndarray]:
    """Group to `(edges, candidates)`: which candidates there are."""
    return {name: group.exists for name, group in self._groups.items()}

  def initialize(
    self, seed: int, scale: float = 1e-3, mean: float = 0.0, stage: int = 0
  ) -> None:
    """Assigns the first values, `mean + scale N(0, 1)`.

    Args:
      seed: of the draw.
      scale: standard deviation; 0 gives all candidates the same weight.
      mean: of all entries.
      stage: of the search, from 0; each has a draw of its own.
    """
    values = initial_parameters(self.exists, seed, scale, mean, stage)
    for name, variable in self.parameters.items():
      variable.assign(values[name])

  def tensors(self) -> list[tf.Tensor]:
    """Returns the parameters as they are now, in order."""
    return [tf.convert_to_tensor(v) for v in self.parameters.values()]

  def mixing(self, tensors: Sequence[tf.Tensor], draw: Draw) -> Mixing:
    """Returns the mixing weights of each group for a step.

    Args:
      tensors: like `tensors()`.
      draw: the source of random numbers.
    """
    return {
      name: self.relaxation.mixing(own, group, draw.named(name))
      for name, (own, group) in self.by_group(tensors).items()
    }

  def expected(self, tensors: Sequence[tf.Tensor]) -> Mixing:
    """Returns the mixing weights of each group without noise."""
    return {
      name: self.relaxation.expected(own, group)
      for name, (own, group) in self.by_group(tensors).items()
    }

  def evaluation(self, tensors: Sequence[tf.Tensor]) -> Mixing:
    """Returns the mixing weights that held-out images are classified with."""
    return {
      name: self.relaxation.evaluation(own, group)
      for name, (own, group) in self.by_group(tensors).items()
    }

  def by_group(
    self, tensors: Sequence[tf.Tensor]
  ) -> dict[str, tuple[dict[str, tf.Tensor], Group]]:
    """Returns the parameters of each group by name, and the group."""
    rates = {
      name: tf.convert_to_tensor(rate) for name, rate in self.rates.items()
    }
    result = {
      name: (
        {},
        dataclasses.replace(
          group, mask=tf.convert_to_tensor(self.masks[name]), rates=rates
        ),
      )
      for name, group in self._groups.items()
    }
    for name, tensor in zip(self.parameters, tensors, strict=True):
      group, _, own = name.rpartition('/')
      result[group][0][own] = tensor
    return result

  def after_update(self) -> None:
    """Lets the relaxation change parameters that have just moved."""
    for name, (own, group) in self.by_group(self.tensors()).items():
      for key, value in (
        self.relaxation.after_update(own, group) or {}
      ).items():
        self.parameters[f'{name}/{key}'].assign(value)

  def freeze(self, masks: Mapping[str, np.ndarray]) -> None:
    """Excludes candidates from now on.

    Args:
      masks: group to a boolean array: the candidates that are left.
    """
    for name, mask in masks.items():
      self.masks[name].assign(mask)

  def arrays(self) -> dict[str, np.ndarray]:
    """Returns copies of the parameters by name."""
    return {
      name: np.array(variable.numpy())
      for name, variable in self.parameters.items()
    }

  def weights(self) -> dict[str, np.ndarray]:
    """Returns the expected weights times the scales of edges, by group."""
    expected = self.expected(self.tensors())
    return {name: m.scaled().numpy() for name, m in expected.items()}

  def summary(self) -> dict[str, dict[str, float]]:
    """Returns numbers about the expected weights: name, group, number."""
    result: dict[str, dict[str, float]] = {}
    for name, weights in self.weights().items():
      numbers = self.relaxation.summary(weights, self._groups[name])
      for key, number in numbers.items():
        result.setdefault(key, {})[name] = number
    return result

  def variables(self) -> dict[str, keras.Variable]:
    """Returns all variables by name, for checkpoints."""
    return {
      **{f'parameters/{n}': v for n, v in self.parameters.items()},
      **{f'masks/{n}': v for n, v in self.masks.items()},
      **{f'rates/{n}': v for n, v in self.rates.items()},
    }


def initial_parameters(
  exists: Mapping[str, np.ndarray],
  seed: int,
  scale: float,
  mean: float = 0.0,
  stage: int = 0,
) -> dict[str, np.ndarray]:
  """Draws `mean + scale N(0, 1)` for each entry that exists, float64.

  The draws of one parameter do not depend on which others there are.
  """
  draws: dict[str, np.random.Generator] = {}
  result = {}
  for name, mask in exists.items():
    own = name.rpartition('/')[2]
    if own not in draws:
      words = [seed, 0xA1FA]
      if own != 'alpha':
        words.append(zlib.crc32(own.encode()))
      draws[own] = np.random.default_rng([*words, stage] if stage else words)
    noise = draws[own].standard_normal(mask.shape)
    result[name] = (mean + scale * noise) * mask
  return result


def _variable(value, dtype: str, name: str) -> keras.Variable:
  return keras.Variable(
    value,
    dtype=dtype,
    trainable=dtype not in ('bool', 'int64'),
    aggregation='only_first_replica',
    name=name.replace('/', '_'),
  )
