"""Discretization by the best operation of each edge."""

import numpy as np

from darts_tf.discretize.cells import candidate_rows, cell_rule
from darts_tf.discretize.registry import discretizations
from darts_tf.discretize.rule_model import RuleModel, rule_models
from darts_tf.genotype import Edge
from darts_tf.search_space import SearchSpace


@cell_rule
def argmax_rule(
  space: SearchSpace, kind: str, weights: np.ndarray
) -> tuple[Edge, ...]:
  """Keeps every edge, with its heaviest candidate, `none` included.

  The rule of NAS-Bench-201 (arXiv:2001.00326) and SNAS (arXiv:1812.09926).
  Edges on which `none` wins stay, with the operation `none`. Ties go to the
  lower index. Edges are in the order of the topology.
  """
  return tuple(
    Edge(names[int(np.argmax(row))], source, target)
    for (source, target), names, row in candidate_rows(space, kind, weights)
  )


discretizations.register('argmax', argmax_rule)
rule_models.register('argmax', RuleModel(keeps_none=True, all_edges=True))
