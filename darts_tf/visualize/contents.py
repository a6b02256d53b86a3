"""The contents of a report, before it is a page."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from darts_tf.search_space.space import SearchSpace


@dataclasses.dataclass(frozen=True)
class Report:
  """The contents of a report; the page omits empty parts and `None`.

  Args:
    title: heading of the page.
    dataset: facts of the data set by name, e.g. `name`, `image_shape`.
    configuration: section name to the options of that section.
    genotype: a `Genotype`.
    num_inputs: number of input nodes of each cell.
    search_metrics: the search's `metrics.jsonl`, one mapping an epoch.
    compared: architectures that were trained and compared, one mapping each
      with `index`, `validation_accuracy`, `seconds`, perhaps
      `published_accuracy`, and `genotype` as JSON.
    alphas_history: group name to mixing weights
      `(epochs, edges, candidates)`; drawn if `space` is given as well.
    space: search space of the mixing weights, with the candidates that
      they belong to.
    stages: the search's `StageRecord`s; their changes are drawn if there
      are several, or if batches grew.
    similarities: `mean_similarity` of the candidates of each stage.
    train_metrics: the retraining's `metrics.jsonl`.
    result: any of `test_accuracy` (0 to 1), `test_loss`, `parameters`,
      `multiply_adds`, `search_seconds`, `train_seconds`, and others.
    saved_model: path of the SavedModel, relative to the work directory.
    class_names: names of the classes, in the order of the logits.
    exports: one mapping an exported network, with the fields of
      `darts_tf.export.ExportRecord`.
  """

  title: str
  dataset: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  configuration: Mapping[str, Mapping[str, Any]] = dataclasses.field(
    default_factory=dict
  )
  genotype: Any = None
  num_inputs: int = 2
  search_metrics: Sequence[Mapping[str, Any]] | None = None
  compared: Sequence[Mapping[str, Any]] = ()
  alphas_history: Mapping[str, np.ndarray] | None = None
  space: SearchSpace | None = None
  stages: Sequence[Any] = ()
  similarities: Sequence[Mapping[str, float | None]] = ()
  train_metrics: Sequence[Mapping[str, Any]] | None = None
  result: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  saved_model: str | None = None
  class_names: Sequence[str] = ()
  exports: Sequence[Mapping[str, Any]] = ()
