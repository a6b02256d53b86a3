"""The whole job: search, discretize, retrain, export, report."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from darts_tf.analysis import multiply_adds, parameters
from darts_tf.data import ImageData
from darts_tf.discretize.most_likely import check_limits
from darts_tf.distribution.run_data import load_data
from darts_tf.distribution.strategy import make_strategy
from darts_tf.distribution.workers import (
  explain_lost_workers,
  is_chief,
  share_flag,
)
from darts_tf.export import check_formats, export_formats, read_exports
from darts_tf.export import formats as all_formats
from darts_tf.export.real_images import COMPARED
from darts_tf.genotype import Genotype
from darts_tf.pipeline.limits import (
  LimitConfig,
  comparison,
  cost_limits,
  within_limits,
)
from darts_tf.pipeline.reporting import (
  seconds_of,
  write_run_report,
  written_files,
)
from darts_tf.runs.workdir import WorkDir, atomic_write_json
from darts_tf.search import SearchConfig, SearchResult, run_search
from darts_tf.search.builder import example_genotype
from darts_tf.search.config import added_defaults
from darts_tf.search.resolve import resolve
from darts_tf.search_space import search_spaces
from darts_tf.training import TrainConfig, TrainResult, run_training
from darts_tf.training.build import build_training
from darts_tf.training.train import check_training
from darts_tf.visualize.exports import export_table


@dataclasses.dataclass(frozen=True)
class PipelineResult:
  """What the whole job gave.

  Args:
    genotype: the architecture found, within the limits.
    search: the search.
    trained: the retraining.
    result: the numbers in `result.json`; none on a worker that is not the
      chief.
    workdir: where everything is; `None` on such a worker.
  """

  genotype: Genotype
  search: SearchResult
  trained: TrainResult
  result: dict[str, Any]
  workdir: WorkDir | None


def run_pipeline(
  search_config: SearchConfig,
  train_config: TrainConfig,
  workdir: str | os.PathLike,
  data: ImageData | None = None,
  verbose: bool = True,
  strategy: tf.distribute.Strategy | None = None,
  limits: LimitConfig | None = None,
  formats: Sequence[str] = ('saved_model',),
) -> PipelineResult:
  """Finds an architecture for a data set, trains it and exports it.

  Of several workers all do this together; the first one, the chief, reads
  and writes the directory, exports and prints.

  Args:
    search_config: options of the search.
    train_config: options of retraining, on the same data set.
    workdir: the run's directory; a run that was stopped in it continues.
    data: the images; those of `search_config.dataset` by default.
    verbose: whether the course is printed.
    strategy: as `make_strategy(search_config)` returned it, which is the
      default.
    limits: what the retrained network may cost; see
      `darts_tf.pipeline.limits.within_limits`.
    formats: what the network is exported to, see
      `darts_tf.export.export_formats`.

  Returns:
    The `PipelineResult`.

  Raises:
    InputError: if an option cannot be used, no architecture is within the
      limits, or a library for a format is missing.
    RunStateError: if the directory belongs to another run.
  """
  # Hours of search later would be too late to hear of it.
  formats = check_formats(formats)
  search_config = resolve(search_config)
  limits = limits or LimitConfig()
  strategy = strategy or make_strategy(search_config)
  directory = WorkDir(workdir) if is_chief(strategy) else None
  pinned = {
    'search': search_config.pinned(),
    'training': train_config.pinned(),
    'limits': limits.pinned(),
  }
  inside = pathlib.Path(workdir)
  say = print if verbose and directory else (lambda *unused_args: None)
  with explain_lost_workers(strategy):
    started = share_flag(
      strategy,
      directory is not None
      and directory.check(pinned, added=added_defaults()) is not None,
    )
    example = example_genotype(search_config)
    if not started:
      check_training(
        train_config, example, directory and WorkDir(inside / 'train')
      )
    data = data or load_data(search_config)
    space = search_spaces[search_config.search_space].whole()
    bounds = cost_limits(limits, space, train_config, data.info)
    if not started:
      # After hours of search is too late to hear of a wrong option.
      build_training(train_config, example, data, strategy)
      if bounds:
        check_limits(
          space, bounds, train_config.cells, search_config.discretization
        )
    say('== Search')
    search = run_search(
      search_config, inside / 'search', data, verbose, strategy
    )
    if not search.space.is_within(space):  # Others have come in.
      bounds = cost_limits(limits, search.space, train_config, data.info)
    genotype = within_limits(
      search.genotype,
      search.space,
      search.weights,
      bounds,
      train_config.cells,
      search_config.discretization,
    )
    if directory is not None:
      # The search has its own directory; until it has ended, options of
      # retraining may still change.
      directory.pin(pinned, added=added_defaults())
      genotype.save(directory.genotype_path)
    say('\n== Retraining\n' + genotype.pretty())
    if genotype != search.genotype:
      say(comparison(search.genotype, genotype, bounds))
    trained = run_training(
      train_config, genotype, inside / 'train', data, verbose, strategy
    )
  result = (
    {}
    if directory is None
    else finish_training(
      trained, directory, data, 'Search and retraining', search, formats
    )
  )
  return PipelineResult(genotype, search, trained, result, directory)


def finish_training(
  trained: TrainResult,
  directory: WorkDir,
  data: ImageData,
  title: str,
  search: SearchResult | None = None,
  formats: Sequence[str] = ('saved_model',),
) -> dict[str, Any]:
  """Exports a trained network; writes `result.json` and the report.

  Args:
    trained: the retraining.
    directory: where the files go.
    data: the images, for a check of the exported network.
    title: heading of the report.
    search: the search before it, if there was one.
    formats: what the network is exported to.

  Returns:
    The numbers in `result.json`.

  Raises:
    RuntimeError: if an exported network does not predict what the one in
      memory does.
  """
  network = trained.network
  exports = export_formats(
    network, trained.info, directory.path, formats, data.x_test[:COMPARED]
  )
  result = {
    'test_accuracy': trained.test_accuracy,
    'test_loss': trained.test_loss,
    'parameters': parameters(network),
    'multiply_adds': multiply_adds(network, trained.info.image_shape),
    'train_seconds': seconds_of(trained.metrics),
  }
  if search is not None:
    result['search_seconds'] = seconds_of(search.metrics)
  atomic_write_json(directory.path / 'result.json', result)
  saved_model = next(
    (r.path for r in exports if r.format == 'saved_model'), None
  )
  write_run_report(
    directory,
    f'{title} on {trained.info.name}',
    trained.info,
    network.genotype,
    search,
    trained,
    result,
    saved_model,
    exports,
  )
  return result


def outcome(result: dict[str, Any], directory: WorkDir) -> str:
  """What a user wants to know at the end, in a few lines."""
  exports = read_exports(directory)
  return '\n'.join(
    [
      f'Test accuracy  {100 * result["test_accuracy"]:.2f} %',
      f'Parameters     {result["parameters"]:,}',
      f'Multiply-adds  {result["multiply_adds"]:,}',
      written_files(
        directory,
        *(
          (all_formats[record.format].title, directory.path / record.path)
          for record in exports
        ),
      ),
      '',
      export_table([dataclasses.asdict(record) for record in exports]),
    ]
  )
