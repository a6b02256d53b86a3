"""Figures of the changes from stage to stage of a search."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from darts_tf.visualize.curves import Metrics
from darts_tf.visualize.figure import save_figure
from darts_tf.visualize.operation_shares import operation_shares_figure
from darts_tf.visualize.similarity_curve import similarity_figure
from darts_tf.visualize.stage_curves import has_stages, stage_curves_figure


def stage_figures(
  metrics: Metrics,
  stages: Sequence[Any],
  similarities: Sequence[Mapping[str, float | None]] = (),
  genotype: Any = None,
) -> Iterator[tuple[str, str, Figure]]:
  """Yields name, caption and figure of each aspect of the stages.

  It yields nothing for a search of one stage whose batches do not grow.

  Args:
    metrics: lines of the search's `metrics.jsonl`.
    stages: the `StageRecord`s, in order.
    similarities: `mean_similarity` of the candidates of each stage.
    genotype: the `Genotype` that was found.
  """
  if metrics and has_stages(metrics, stages):
    yield (
      'search_stages',
      'The search from epoch to epoch. Thin vertical lines are where'
      ' stages begin; a bar at a batch size spans the sizes of its epoch;'
      ' memory is the peak beyond what the process held before.',
      stage_curves_figure(metrics, stages),
    )
  if len(stages) < 2:
    return
  yield (
    'candidates',
    'Share of each kind of operation among all candidates, stage by'
    ' stage, and among the operations of the genotype.',
    operation_shares_figure(stages, genotype),
  )
  if similarities:
    yield (
      'similarity',
      "How alike an edge's candidates are, the mean over their pairs and"
      ' over edges: 0 for two types of operation, else (1 + k) / (1 + n)'
      ' if k of their n attributes are equal.',
      similarity_figure(similarities),
    )


def draw_stages(
  directory: str | os.PathLike[str],
  metrics: Metrics,
  stages: Sequence[Any],
  similarities: Sequence[Mapping[str, float | None]] = (),
  genotype: Any = None,
) -> list[str]:
  """Writes the figures of `stage_figures` as `<name>.png`.

  Args:
    directory: directory of the files; made if needed.
    metrics: see `stage_figures`.
    stages: see `stage_figures`.
    similarities: see `stage_figures`.
    genotype: see `stage_figures`.

  Returns:
    The paths written.
  """
  return [
    save_figure(figure, os.path.join(directory, f'{name}.png'))
    for name, _, figure in stage_figures(
      metrics, stages, similarities, genotype
    )
  ]
