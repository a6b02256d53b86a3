"""The architecture of a search that has ended."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from darts_tf.discretize import rule_of
from darts_tf.genotype import Genotype
from darts_tf.layers.batch_norm import frozen_averages
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.models.evaluation import Evaluation
from darts_tf.models.supernet import Supernet
from darts_tf.runs.workdir import WorkDir, atomic_write_json
from darts_tf.search.parts import SearchParts
from darts_tf.selection import Trained


def select_architecture(
  parts: SearchParts,
  genotype: Genotype,
  weights: Mapping[str, np.ndarray],
  directory: WorkDir | None,
  say: Callable[[str], None],
) -> Genotype:
  """Lets the selection of a search choose, and writes what it found.

  Args:
    parts: the search at its end.
    genotype: derived from the weights by the rule.
    weights: group to expected mixing weights of the epoch that gives the
      result.
    directory: receives `genotype.json` and, if there is something to tell,
      `selection.json`; `None` on a worker that writes nothing.
    say: prints a line of the course.
  """
  space = parts.space
  selected = parts.composition.selection.select(
    Trained(
      genotype,
      weights,
      parts.architecture.groups,
      space,
      rule_of(space, parts.discretization),
      PathEvaluation(parts.supernet, parts.evaluation),
      parts.config.seed,
      say,
    )
  )
  if directory is not None:
    if selected.facts:
      atomic_write_json(directory.selection_path, dict(selected.facts))
    selected.genotype.save(directory.genotype_path)
  return selected.genotype


class PathEvaluation:
  """Evaluates a supernet by mixing weights that are not those of its alphas.

  The running averages of a supernet are those of its mixtures. So each batch
  is normalized by its own statistics (arXiv:1902.07638, the released code).

  Args:
    supernet: the supernet.
    batches: of held-out images, labels, and weights that are 0 for filling.
  """

  def __init__(self, supernet: Supernet, batches: tf.data.Dataset):
    self._supernet, self._batches = supernet, batches
    self._evaluation = Evaluation(self._logits)

  def __call__(self, mixing: Mapping[str, MixingWeights]) -> Any:
    """Returns the loss and accuracy of the held-out images."""
    dtype = self._supernet.variable_dtype
    tensors = [
      tf.convert_to_tensor(value, dtype if value.dtype.kind == 'f' else None)
      for group in self._supernet.groups
      for value in mixing[group]
      if value is not None
    ]
    # Nothing is left out of an architecture that is judged.
    rate = self._supernet.drop_path_rate
    before = None if rate is None else float(rate)
    if rate is not None:
      rate.assign(0.0)
    try:
      return self._evaluation(self._batches, *tensors)
    finally:
      if rate is not None:
        rate.assign(before)

  def _logits(self, images, *tensors):
    groups = self._supernet.groups
    pairs = zip(tensors[::2], tensors[1::2], strict=True)
    mixing = {
      group: MixingWeights(weights, None, selected)
      for group, (weights, selected) in zip(groups, pairs, strict=True)
    }
    with frozen_averages():
      logits = self._supernet(images, mixing, training=True)
    # An auxiliary classifier has no say.
    return logits[0] if isinstance(logits, tuple) else logits
