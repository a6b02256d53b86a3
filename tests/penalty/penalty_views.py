"""Architectures as penalties see them."""

import tensorflow as tf

from darts_tf.penalty import View
from darts_tf.relaxation import Group, Softmax


def view_of(space, alphas, relaxation=Softmax(), costs=None, **rates):
  """A view of groups that are named like their kinds."""
  groups = {
    kind: Group(
      kind,
      kind,
      space.topology,
      space.candidates[kind],
      space.candidate_mask(kind),
      tf.constant(space.candidate_mask(kind)),
      {name: tf.constant(rate) for name, rate in rates.items()},
    )
    for kind in alphas
  }
  parameters = {kind: {'alpha': alpha} for kind, alpha in alphas.items()}
  expected = {
    kind: relaxation.expected(parameters[kind], groups[kind]) for kind in alphas
  }
  return View(groups, parameters, expected, costs or {})
