"""The interface of selections: from a trained supernet to an architecture."""

import abc
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from darts_tf.config.parts import Axis, Part
from darts_tf.discretize import Rule
from darts_tf.genotype import Genotype
from darts_tf.layers.form import SupernetForm
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.search_space.space import SearchSpace


@dataclasses.dataclass(frozen=True)
class Trained:
  """A search that has ended, as selections see it.

  Args:
    genotype: the architecture that the rule derives from `weights`.
    weights: group to expected mixing weights, `(edges, candidates)`.
    kinds: group to cell kind.
    space: the search space with the candidates of the weights.
    rule: derives architectures from weights.
    evaluate: classifies the held-out images by other mixing weights, with
      the statistics of each batch; returns loss and accuracy.
    seed: of the run.
    say: prints a line of the course.
  """

  genotype: Genotype
  weights: Mapping[str, np.ndarray]
  kinds: Mapping[str, str]
  space: SearchSpace
  rule: Rule
  evaluate: Callable[[Mapping[str, MixingWeights]], tuple[float, float]]
  seed: int
  say: Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Selected:
  """The outcome of a selection.

  Args:
    genotype: the architecture.
    facts: numbers that led to it, as JSON has them; empty where there is
      nothing to tell.
  """

  genotype: Genotype
  facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Selection(Part, abc.ABC):
  """Chooses an architecture when a search has ended.

  It comes before the rule, which turns mixing weights into a genotype: a
  selection may change the weights, or compare several architectures.
  """

  def check(self, rule: Rule, space: SearchSpace, form: SupernetForm) -> None:
    """Raises `InputError` if the selection cannot work in a search.

    Args:
      rule: derives architectures.
      space: the search space.
      form: how the supernet computes mixtures.
    """
    del rule, space, form

  @abc.abstractmethod
  def select(self, trained: Trained) -> Selected:
    """Chooses an architecture.

    Args:
      trained: the search; a continued run gives the same.
    """


selections: Axis[Selection] = Axis('selection')
