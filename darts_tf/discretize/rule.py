"""The interface of discretization rules."""

import abc
import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.config.parts import Axis, Part
from darts_tf.discretize.cells import check_groups, checked_weights
from darts_tf.genotype import CellGenotype, Edge, Genotype
from darts_tf.search_space import SearchSpace


@dataclasses.dataclass(frozen=True)
class RuleModel:
  """The architectures that a rule can derive, for a solver to choose among.

  Args:
    keeps_none: whether `none` may win an edge.
    all_edges: whether a node keeps all of its edges; if not, as many as
      `SearchSpace.inputs_per_node` says.
    most_skips: most skip connections of a normal cell, as far as its edges
      have other operations; `None` for any number.
  """

  keeps_none: bool = False
  all_edges: bool = False
  most_skips: int | None = None


@dataclasses.dataclass(frozen=True)
class Rule(Part, abc.ABC):
  """Turns mixing weights into a genotype, one cell at a time.

  Options of a rule are given with its name, as
  `--discretization=threshold:least=0.9`.

  Attributes:
    is_ordinal: whether the rule depends on the order of weights alone.
    joins_pairs: whether it may give an edge of the topology two operations.
  """

  is_ordinal: ClassVar[bool] = True
  joins_pairs: ClassVar[bool] = False

  @abc.abstractmethod
  def derive(
    self, space: SearchSpace, kind: str, weights: np.ndarray
  ) -> tuple[Edge, ...]:
    """Chooses the edges of a cell.

    Args:
      space: the search space.
      kind: of the cell.
      weights: `(edges, candidates)`, finite; candidates may differ from edge
        to edge, see `candidate_rows`.
    """

  @property
  def model(self) -> RuleModel | None:
    """Tells what the rule can derive; `None` if nobody knows."""
    return None

  def __call__(
    self,
    space: SearchSpace,
    weights: Mapping[str, np.ndarray],
    kinds: Mapping[str, str],
  ) -> Genotype:
    """Derives all cells; all `output` nodes of the topology are joined.

    Args:
      space: the search space.
      weights: group to mixing weights `(edges, candidates)`.
      kinds: group to cell kind.

    Raises:
      InputError: if groups are missing or unknown, weights have another
        shape or are not finite, or the result is not a valid genotype.
    """
    check_groups(space, weights, kinds)
    cells = {}
    for group, kind in kinds.items():
      matrix = checked_weights(space, group, kind, weights[group])
      cells[group] = CellGenotype(
        self.derive(space, kind, matrix), space.topology.output
      )
    genotype = Genotype(space.name, cells)
    space.check(genotype)
    return genotype


discretizations: Axis[Rule] = Axis('discretization')


def rule_of(space: SearchSpace, rule: str | None = None) -> Rule:
  """Returns a rule.

  Args:
    space: a search space.
    rule: name of the rule, with options, as `name:option=value`; the space's
      own by default.

  Raises:
    InputError: if the name or an option is unknown.
  """
  return discretizations.make(rule or space.discretization)


def model_of(space: SearchSpace, rule: str | None = None) -> RuleModel:
  """Returns the model of a rule.

  Args:
    space: a search space.
    rule: see `rule_of`.

  Raises:
    InputError: if the rule has no model.
  """
  model = rule_of(space, rule).model
  if model is None:
    known = [name for name in discretizations if discretizations[name]().model]
    raise InputError(
      'It is not known which architectures this discretization rule can'
      ' derive, so none can be chosen among them; expected no limits, or one'
      f' of the rules {", ".join(known)}.'
      f' Received: discretization={rule or space.discretization!r}'
    )
  return model
