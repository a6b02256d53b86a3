"""Plots and report of a run."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from darts_tf import visualize
from darts_tf.analysis.similarity import mean_similarity
from darts_tf.data import DatasetInfo
from darts_tf.export import ExportRecord
from darts_tf.genotype import Genotype
from darts_tf.runs.workdir import WorkDir
from darts_tf.search_space.space import search_spaces
from darts_tf.strategies import Found, strategy_of
from darts_tf.training.train import TrainResult


def write_run_report(
  workdir: WorkDir,
  title: str,
  info: DatasetInfo,
  genotype: Genotype,
  search: Found | None = None,
  trained: TrainResult | None = None,
  result: Mapping[str, Any] | None = None,
  saved_model: str | None = None,
  exports: Sequence[ExportRecord] = (),
) -> None:
  """Draws the plots of a run and writes `report.html`.

  Args:
    workdir: the run's directory.
    title: heading of the report.
    info: the data set.
    genotype: the architecture.
    search: the search, if there was one.
    trained: the retraining, if there was one.
    result: numbers for the headline.
    saved_model: path of the SavedModel, relative to the work directory;
      `None` without one.
    exports: the exported files.
  """
  # Mixing weights belong to the candidates of the last stage.
  space = (
    search_spaces[genotype.search_space] if search is None else search.space
  )
  plots = workdir.plots_path
  visualize.draw_cells(genotype, plots, space.topology.num_inputs)
  configuration, similarities = {}, []
  if search is not None:
    configuration['search'] = {
      'search_strategy': strategy_of(search.config).name,
      **search.config.to_dict(),
    }
    if search.history:
      visualize.draw_alphas(
        {group: h[-1] for group, h in search.history.items()}, space, plots
      )
      visualize.draw_curves(search.metrics, plots / 'search_curves.png')
      visualize.draw_entropy(search.metrics, plots / 'search_entropy.png')
    similarities = [
      mean_similarity(stage.candidates) for stage in search.stages
    ]
    visualize.draw_stages(
      plots, search.metrics, search.stages, similarities, genotype
    )
  if trained is not None:
    configuration['training'] = trained.config.to_dict()
    visualize.draw_curves(trained.metrics, plots / 'training_curves.png')
  facts = {
    name: value
    for name, value in dataclasses.asdict(info).items()
    if name in ('name', 'image_shape', 'num_train', 'num_test')
  }
  visualize.write_report(
    workdir.report_path,
    visualize.Report(
      title=title,
      dataset=facts,
      configuration=configuration,
      genotype=genotype,
      num_inputs=space.topology.num_inputs,
      search_metrics=search.metrics if search and search.history else None,
      alphas_history=search.history if search else None,
      compared=search.metrics if search and not search.history else (),
      space=space,
      stages=() if search is None else search.stages,
      similarities=similarities,
      train_metrics=None if trained is None else trained.metrics,
      result=dict(result or {}),
      saved_model=saved_model,
      class_names=info.class_names,
      exports=[dataclasses.asdict(record) for record in exports],
    ),
  )


def written_files(workdir: WorkDir, *more: tuple[str, object]) -> str:
  """Lists the files of the results, and how to draw cells with `dot`.

  Args:
    workdir: the run's directory.
    *more: further names and paths.

  Returns:
    The text.
  """
  files = [
    ('Genotype', workdir.genotype_path),
    ('Report', workdir.report_path),
    *more,
  ]
  lines = [f'{name:<14} {path}' for name, path in files]
  hint = visualize.graphviz_hint()
  return '\n'.join(lines + ([hint] if hint else []))
