"""What all relaxations have in common."""

import abc
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.registry import Registry
from darts_tf.search_space.space import SearchSpace


class Relaxation(abc.ABC):
  """Turns architecture parameters alpha into mixing weights.

  Args:
    space: the search space.
    groups: group of cells to cell kind, see `SearchSpace.groups`.
  """

  def __init__(self, space: SearchSpace, groups: Mapping[str, str]):
    self.space = space
    self.groups = dict(groups)
    self.masks = {
        group: space.candidate_mask(kind)
        for group, kind in self.groups.items()}

  def initial_alphas(
      self, seed: int, scale: float = 1e-3
  ) -> dict[str, np.ndarray]:
    """Returns `scale * N(0, 1)` for each group.

    Args:
      seed: of the draw.
      scale: standard deviation; 0 gives all candidates the same weight.

    Returns:
      Group to `(edges, candidates)`, float64; entries without a candidate
      are zero.
    """
    draw = np.random.default_rng([seed, 0xa1fa])
    return {group: scale * draw.standard_normal(mask.shape) * mask
            for group, mask in self.masks.items()}

  @abc.abstractmethod
  def mixing(
      self, alphas: Mapping[str, tf.Tensor]
  ) -> dict[str, MixingWeights]:
    """Returns the mixing weights of each group, differentiable in alpha.

    Args:
      alphas: group to `(edges, candidates)`.
    """

  def weights(
      self, alphas: Mapping[str, np.ndarray]
  ) -> dict[str, np.ndarray]:
    """The mixing weights as arrays, without noise: for reading."""
    mixing = self.mixing(
        {group: tf.convert_to_tensor(a) for group, a in alphas.items()})
    return {group: m.scaled().numpy() for group, m in mixing.items()}


relaxations: Registry[type[Relaxation]] = Registry('relaxation')
