"""What all relaxations have in common."""

import abc
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from darts_tf.config.registry import Registry
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.search_space.space import SearchSpace


class Relaxation(abc.ABC):
  """Turns architecture parameters alpha into mixing weights.

  Args:
    space: the search space.
    groups: group of cells to cell kind, see `SearchSpace.groups`.
  """

  # Further arguments of the constructor, by name, with their defaults; they
  # are options of a search.
  options: ClassVar[Mapping[str, Any]] = {}

  def __init__(self, space: SearchSpace, groups: Mapping[str, str]):
    self.space = space
    self.groups = dict(groups)
    self.masks = {
      group: space.candidate_mask(kind) for group, kind in self.groups.items()
    }

  def initial_alphas(
    self, seed: int, scale: float = 1e-3, stage: int = 0
  ) -> dict[str, np.ndarray]:
    """Returns `scale * N(0, 1)` for each group.

    Args:
      seed: of the draw.
      scale: standard deviation; 0 gives all candidates the same weight.
      stage: of the search, from 0; each has a draw of its own.

    Returns:
      Group to `(edges, candidates)`, float64; entries without a candidate
      are zero.
    """
    draw = np.random.default_rng(
      [seed, 0xA1FA, stage] if stage else [seed, 0xA1FA]
    )
    return {
      group: scale * draw.standard_normal(mask.shape) * mask
      for group, mask in self.masks.items()
    }

  @abc.abstractmethod
  def mixing(self, alphas: Mapping[str, tf.Tensor]) -> dict[str, MixingWeights]:
    """Returns the mixing weights of each group, differentiable in alpha.

    Args:
      alphas: group to `(edges, candidates)`.
    """

  def start_epoch(self, epoch: int, epochs: int) -> None:
    """Tells how far the search is; what follows from it is held in variables.

    Args:
      epoch: the epoch that begins, from 0.
      epochs: length of the search.
    """
    del epoch, epochs

  def penalty(self, alphas: Mapping[str, tf.Tensor]) -> tf.Tensor | None:
    """Returns what is added to the loss of the alphas; `None` for nothing.

    Args:
      alphas: group to `(edges, candidates)`.
    """
    del alphas

  def weights(self, alphas: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The mixing weights as arrays, without noise: for reading."""
    mixing = self.mixing(
      {group: tf.convert_to_tensor(a) for group, a in alphas.items()}
    )
    return {group: m.scaled().numpy() for group, m in mixing.items()}


relaxations: Registry[type[Relaxation]] = Registry('relaxation')
