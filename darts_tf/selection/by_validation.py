"""Selection among sampled architectures by held-out images."""

import dataclasses

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.config.options import option
from darts_tf.discretize import Rule
from darts_tf.genotype import Genotype
from darts_tf.layers.form import SupernetForm
from darts_tf.search_space.space import SearchSpace
from darts_tf.selection.selection import (
  Selected,
  Selection,
  Trained,
  selections,
)
from darts_tf.selection.single_path import single_path

# Weights of zero have no logarithm; these are as good as impossible.
_LEAST_WEIGHT = 1e-12


@selections.add
@dataclasses.dataclass(frozen=True)
class ByValidation(Selection):
  r"""Draws architectures and takes the one that the supernet rates best.

  Each draw adds Gumbel noise to the logarithms of the mixing weights, `log
  p_k + G_k`, and derives an architecture by the rule. On an edge whose
  operation the rule takes by the largest weight, that is a sample of `p`.
  The first architecture is the one without noise. Each is judged by the
  supernet, whose mixing weights are 1 for its operations and 0 for all
  others, on the held-out images; equal accuracies are decided by the loss.

  The weights of the supernet are those at the end of the search, also where
  a stop rule returns to earlier mixing weights.

  Args:
    samples: architectures that are drawn besides the first; some may be
      equal, and are judged once.
  """

  samples: int = option(
    20, 'Architectures that are drawn.', least=1, flag=False
  )

  name = 'by_validation'

  def check(self, rule: Rule, space: SearchSpace, form: SupernetForm) -> None:
    """See the base class; an architecture must be one of the supernet's."""
    if not rule.is_ordinal:
      raise InputError(
        'Architectures are drawn by noise, which changes the size of mixing'
        ' weights; expected a rule that compares them only. Received:'
        f' selection={self.name!r}, discretization={rule.name!r}'
      )
    pairs = rule.joins_pairs and space.inputs_per_node is not None
    if form.selects and pairs:
      raise InputError(
        'The rule may give an edge two operations, and of selected'
        ' candidates only one runs; expected paths=all, or another rule.'
        f' Received: selection={self.name!r}, discretization={rule.name!r},'
        ' paths=selected'
      )

  def select(self, trained: Trained) -> Selected:
    """See the base class."""
    draw = np.random.default_rng([trained.seed, 0x5E1EC7])
    genotypes: dict[Genotype, None] = {trained.genotype: None}
    for _ in range(self.samples):
      genotypes[self.draw(trained, draw)] = None
    judged = []
    for genotype in genotypes:
      mixing = single_path(trained.space, trained.kinds, genotype)
      judged.append((genotype, *trained.evaluate(mixing)))
    best, _, accuracy = max(judged, key=lambda entry: (entry[2], -entry[1]))
    trained.say(
      f'Selected    1 of {len(judged)} architectures: validation accuracy'
      f' {accuracy:.4f}; by magnitude alone {judged[0][2]:.4f}'
    )
    return Selected(
      best,
      {
        'compared': [
          {'loss': loss, 'accuracy': accuracy, 'genotype': genotype.to_dict()}
          for genotype, loss, accuracy in judged
        ]
      },
    )

  def draw(self, trained: Trained, draw: np.random.Generator) -> Genotype:
    """Derives an architecture from disturbed mixing weights.

    Args:
      trained: the search.
      draw: source of random numbers.
    """
    weights = {}
    for group, matrix in trained.weights.items():
      scores = np.log(np.maximum(matrix, _LEAST_WEIGHT)) + draw.gumbel(
        size=matrix.shape
      )
      exists = trained.space.candidate_mask(trained.kinds[group])
      scores = np.where(exists, scores, -np.inf)
      powers = np.exp(scores - scores.max(-1, keepdims=True))
      weights[group] = powers / powers.sum(-1, keepdims=True)
    return trained.rule(trained.space, weights, trained.kinds)
