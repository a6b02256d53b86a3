"""The whole job: search, discretize, retrain, export, report."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from darts_tf.analysis import multiply_adds, parameters
from darts_tf.data import ImageData
from darts_tf.distribution.run_context import open_run
from darts_tf.distribution.workers import share_flag
from darts_tf.export import check_formats, export_formats, read_exports
from darts_tf.export import formats as all_formats
from darts_tf.export.real_images import COMPARED
from darts_tf.genotype import Genotype
from darts_tf.pipeline.limits import LimitConfig, comparison, cost_limits
from darts_tf.pipeline.reporting import write_run_report, written_files
from darts_tf.runs.run_config import RunConfig
from darts_tf.runs.workdir import WorkDir, atomic_write_json, seconds_of
from darts_tf.search_space import search_spaces
from darts_tf.strategies import Found, strategy_of
from darts_tf.training import TrainConfig, TrainResult, run_training
from darts_tf.training.build import build_training
from darts_tf.training.train import check_training
from darts_tf.visualize.exports import export_table


@dataclasses.dataclass(frozen=True)
class PipelineResult:
  """The results of the whole job.

  Args:
    genotype: the architecture found, within the limits.
    search: the search.
    trained: the retraining.
    result: the numbers in `result.json`; none on a worker that is not the
      chief.
    workdir: directory of all files; `None` on such a worker.
  """

  genotype: Genotype
  search: Found
  trained: TrainResult
  result: dict[str, Any]
  workdir: WorkDir | None


def run_pipeline(
  search_config: RunConfig,
  train_config: TrainConfig,
  workdir: str | os.PathLike,
  data: ImageData | None = None,
  verbose: bool = True,
  strategy: tf.distribute.Strategy | None = None,
  limits: LimitConfig | None = None,
  formats: Sequence[str] = ('saved_model',),
) -> PipelineResult:
  """Finds an architecture for a data set, trains it and exports it.

  Several workers do this together. The first one, the chief, reads and
  writes the directory, exports and prints.

  Args:
    search_config: options of the search; their class chooses the search
      strategy, see `darts_tf.strategies`.
    train_config: options of retraining, on the same data set.
    workdir: the run's directory; a run that was stopped in it continues.
    data: the images; those of `search_config.dataset` by default.
    verbose: whether the course is printed.
    strategy: distributes the run over devices; that of `search_config` by
      default.
    limits: limits on the cost of the retrained network; see
      `darts_tf.strategies.Found.within`.
    formats: formats to which the network is exported, see
      `darts_tf.export.export_formats`.

  Returns:
    The `PipelineResult`.

  Raises:
    InputError: if an option cannot be used, no architecture is within the
      limits, or a library for a format is missing.
    RunStateError: if the directory belongs to another run.
  """
  # A wrong format shows now, not after hours of search.
  formats = check_formats(formats)
  searcher = strategy_of(search_config)
  search_config = searcher.resolve(search_config)
  limits = limits or LimitConfig()
  pinned = {
    'search': search_config.pinned(),
    'training': train_config.pinned(),
    'limits': limits.pinned(),
  }
  inside = pathlib.Path(workdir)
  example = searcher.example(search_config)
  check_training(train_config, example, None)  # Before data are read.
  with open_run(
    search_config,
    workdir,
    data,
    verbose,
    strategy,
    pinned,
    searcher.added_defaults(),
  ) as run:
    started = share_flag(run.strategy, not run.is_new)
    space = search_spaces[search_config.search_space].whole()
    bounds = cost_limits(limits, space, train_config, run.data.info)
    if not started:
      # A wrong option shows now, not after hours of search.
      check_training(
        train_config, example, run.directory and WorkDir(inside / 'train')
      )
      build_training(train_config, example, run.data, run.strategy)
      if bounds:
        searcher.check_limits(search_config, bounds, train_config.cells)
    run.say('== Search')
    search = searcher.search(
      search_config, inside / 'search', run.data, verbose, run.strategy
    )
    if not search.space.is_within(space):  # New candidates came in.
      bounds = cost_limits(limits, search.space, train_config, run.data.info)
    genotype = search.within(bounds, train_config.cells)
    if run.directory is not None:
      # The search has its own directory; until it has ended, options of
      # retraining may still change.
      run.directory.pin(pinned, added=run.added)
      genotype.save(run.directory.genotype_path)
    run.say('\n== Retraining\n' + genotype.pretty())
    if genotype != search.genotype:
      run.say(comparison(search.genotype, genotype, bounds))
    trained = run_training(
      train_config, genotype, inside / 'train', run.data, verbose, run.strategy
    )
  result = (
    {}
    if run.directory is None
    else finish_training(
      trained, run.directory, run.data, 'Search and retraining', search, formats
    )
  )
  return PipelineResult(genotype, search, trained, result, run.directory)


def finish_training(
  trained: TrainResult,
  directory: WorkDir,
  data: ImageData,
  title: str,
  search: Found | None = None,
  formats: Sequence[str] = ('saved_model',),
) -> dict[str, Any]:
  """Exports a trained network; writes `result.json` and the report.

  Args:
    trained: the retraining.
    directory: directory of the files.
    data: the images, for a check of the exported network.
    title: heading of the report.
    search: the search before it, if there was one.
    formats: formats to which the network is exported.

  Returns:
    The numbers in `result.json`.

  Raises:
    RuntimeError: if an exported network predicts otherwise than the one in
      memory.
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
  """Summarizes the result for the user, in a few lines."""
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
