"""What discretization rules can derive, for a solver to choose among."""

import dataclasses

from darts_tf.config.errors import InputError
from darts_tf.config.registry import Registry
from darts_tf.search_space import SearchSpace


@dataclasses.dataclass(frozen=True)
class RuleModel:
  """The architectures that a rule can derive.

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


# Rule to model. A rule without one derives what it likes.
rule_models: Registry[RuleModel] = Registry('discretization')


def model_of(space: SearchSpace, rule: str | None = None) -> RuleModel:
  """Returns the model of a rule.

  Args:
    space: a search space.
    rule: name of the rule; the space's own by default.

  Raises:
    InputError: if the rule has no model.
  """
  rule = rule or space.discretization
  if rule not in rule_models:
    raise InputError(
      'It is not known which architectures this discretization rule can'
      ' derive, so none can be chosen among them; expected no limits, or one'
      f' of the rules {", ".join(rule_models)}.'
      f' Received: discretization={rule!r}'
    )
  return rule_models[rule]
