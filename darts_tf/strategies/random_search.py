"""Random search: draw, compare by short trainings, retrain the best."""

import dataclasses
import gc
import json
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from scipy import stats

from darts_tf.config.errors import InputError
from darts_tf.data import DatasetInfo, ImageData
from darts_tf.discretize.most_likely import Limit
from darts_tf.distribution.run_context import RunContext, open_run
from darts_tf.distribution.strategy import refuse_workers
from darts_tf.genotype import Genotype
from darts_tf.runs.workdir import WorkDir, atomic_write_json
from darts_tf.search_space.space import SearchSpace, search_spaces
from darts_tf.strategies.random_config import RandomSearchConfig, resolve
from darts_tf.strategies.sample import sample_genotypes
from darts_tf.strategies.short_training import short_data, train_shortly
from darts_tf.strategies.strategy import (
  SearchStrategy,
  register_search_strategy,
)
from darts_tf.tabular.nas_bench_201 import BenchmarkTable, column_of
from darts_tf.training import TrainConfig, run_training
from darts_tf.training.build import build_training
from darts_tf.training.train import check_training


@dataclasses.dataclass(frozen=True)
class RandomSearchResult:
  """The outcome of a random search; see `Found` for what all have.

  Args:
    genotype: the best architecture by its short training.
    samples: one mapping an architecture, in the order of drawing: `index`,
      `validation_accuracy` in 0 to 1, `seconds`, `genotype` as JSON, and
      `published_accuracy` in percent if there is a table.
    retrained: one mapping a retrained architecture, the best first:
      `index`, `test_accuracy`, `test_loss`.
    config: the resolved options.
    info: the data set.
    workdir: the directory of all files.
  """

  genotype: Genotype
  samples: list[dict[str, Any]]
  retrained: list[dict[str, Any]]
  config: RandomSearchConfig
  info: DatasetInfo
  workdir: WorkDir

  @property
  def space(self) -> SearchSpace:
    """The search space."""
    return search_spaces[self.config.search_space]

  @property
  def metrics(self) -> list[dict[str, Any]]:
    """One mapping an architecture."""
    return self.samples

  @property
  def history(self) -> dict[str, np.ndarray]:
    """Empty, as there are no mixing weights."""
    return {}

  @property
  def stages(self) -> tuple[()]:
    """Empty, as there is no supernet."""
    return ()

  @property
  def ranking(self) -> list[dict[str, Any]]:
    """The samples, the best first; of equals, the first that was drawn."""
    return sorted(self.samples, key=lambda s: -s['validation_accuracy'])

  @property
  def validation_accuracy(self) -> float:
    """Of the best architecture after its short training, in 0 to 1."""
    return self.ranking[0]['validation_accuracy']

  def within(self, limits: Sequence[Limit], num_cells: int) -> Genotype:
    """Returns the best sample within limits; see `Found.within`."""
    del num_cells
    genotypes = [Genotype.from_json(s['genotype']) for s in self.ranking]
    return _first_within(genotypes, limits)


class RandomSearch(SearchStrategy):
  """The baseline of Amended-DARTS (arXiv:1910.11831)."""

  name = 'random_search'
  config = RandomSearchConfig

  def resolve(self, config: RandomSearchConfig) -> RandomSearchConfig:
    """See the base class."""
    return resolve(config)

  def example(self, config: RandomSearchConfig) -> Genotype:
    """Returns the architecture that is drawn first."""
    return _draw(config)[0]

  def check_limits(
    self, config: RandomSearchConfig, limits: Sequence[Limit], num_cells: int
  ) -> None:
    """Raises `InputError` if no architecture of the draw is within limits."""
    del num_cells
    _first_within(_draw(config), limits)

  def search(
    self,
    config: RandomSearchConfig,
    workdir: str | os.PathLike,
    data: ImageData | None = None,
    verbose: bool = True,
    strategy: tf.distribute.Strategy | None = None,
  ) -> RandomSearchResult:
    """Draws and compares; nothing is retrained."""
    return run_random_search(config, workdir, None, data, verbose, strategy)


register_search_strategy(RandomSearch())


def run_random_search(
  config: RandomSearchConfig,
  workdir: str | os.PathLike,
  train_config: TrainConfig | None = None,
  data: ImageData | None = None,
  verbose: bool = True,
  strategy: tf.distribute.Strategy | None = None,
) -> RandomSearchResult:
  """Draws architectures and retrains the best, or continues to do so.

  The baseline of Amended-DARTS (arXiv:1910.11831): `num_samples`
  architectures are drawn uniformly without repetition and trained for
  `short_epochs` on a part of the training images; the `num_best` of the
  highest accuracy on held-out training images are trained in full. Test
  images are read at the end of each retraining, after all choices.

  Args:
    config: the options.
    workdir: the run's directory, with one for each training inside; a run
      that was stopped in it continues.
    train_config: options of retraining; nothing is retrained without them,
      or with a benchmark table.
    data: the images; those of `config.dataset` by default.
    verbose: whether the course is printed.
    strategy: as `make_strategy(config)` returned it, which is the default.

  Returns:
    The `RandomSearchResult`.

  Raises:
    InputError: if an option cannot be used.
    RunStateError: if the directory belongs to another run.
  """
  config = resolve(config)
  refuse_workers(config, 'A random search')
  table = (
    None
    if config.benchmark_table is None
    else BenchmarkTable.load(config.benchmark_table)
  )
  if table is not None:
    train_config = None
  genotypes = _draw(config)
  with open_run(config, workdir, data, verbose, strategy) as run:
    part = short_data(config, run.data)
    if run.is_new:
      # After hours of short trainings is too late to hear of a wrong option.
      for options, images in (
        (config.short_training(), part),
        (train_config, run.data),
      ):
        if options is not None:
          path = run.directory.path / 'short_00'
          check_training(options, genotypes[0], WorkDir(path))
          build_training(options, genotypes[0], images, run.strategy)
    with run.begin():
      samples = _compare(config, genotypes, part, table, run)
      result = RandomSearchResult(
        genotypes[0], samples, [], config, run.data.info, run.directory
      )
      return _finish(result, train_config, genotypes, run)


def _draw(config: RandomSearchConfig) -> list[Genotype]:
  return sample_genotypes(
    search_spaces[config.search_space],
    config.num_samples,
    config.seed,
    config.cells,
  )


def _compare(
  config: RandomSearchConfig,
  genotypes: Sequence[Genotype],
  part: ImageData,
  table: BenchmarkTable | None,
  run: RunContext,
) -> list[dict[str, Any]]:
  """Trains all architectures shortly, or what is left of them."""
  samples = []
  for index, genotype in enumerate(genotypes):
    sample = {
      'index': index,
      **train_shortly(
        config,
        genotype,
        WorkDir(run.directory.path / f'short_{index:02d}'),
        part,
        run.strategy,
      ),
    }
    if table is not None and genotype in table:
      sample['published_accuracy'] = table.accuracy(
        genotype, column_of(config.dataset)
      )
    samples.append({**sample, 'genotype': genotype.to_json()})
    run.say(_line(sample, len(genotypes)))
  return samples


def _finish(
  result: RandomSearchResult,
  train_config: TrainConfig | None,
  genotypes: Sequence[Genotype],
  run: RunContext,
) -> RandomSearchResult:
  """Retrains the best, if it is asked for, and writes the result."""
  order = [sample['index'] for sample in result.ranking]
  kept = order[: result.config.num_best] if train_config is not None else ()
  result = dataclasses.replace(
    result,
    genotype=genotypes[order[0]],
    retrained=[_retrain(train_config, genotypes[i], i, run) for i in kept],
  )
  result.genotype.save(run.directory.genotype_path)
  atomic_write_json(
    run.directory.path / 'result.json',
    {
      'best': order[0],
      'samples': result.samples,
      'retrained': result.retrained,
      'rank_correlation': rank_correlation(result.samples),
    },
  )
  return result


def _first_within(
  genotypes: Sequence[Genotype], limits: Sequence[Limit]
) -> Genotype:
  """Returns the first architecture within limits.

  Raises:
    InputError: if there is none.
  """
  for genotype in genotypes:
    if all(limit.admits(genotype) for limit in limits):
      return genotype
  least = ' and '.join(
    f'{limit.name} of at least'
    f' {min(limit.cost(genotype) for genotype in genotypes):,.0f}'
    for limit in limits
  )
  received = ', '.join(f'{lim.name}={lim.largest:,.0f}' for lim in limits)
  raise InputError(
    'None of the architectures that were drawn meets the limit; expected'
    f' {least}, or more of them. Received: {received},'
    f' num_samples={len(genotypes)}'
  )


def rank_correlation(samples: list[dict[str, Any]]) -> float | None:
  """Spearman's correlation of held-out with published accuracies.

  Args:
    samples: see `RandomSearchResult`.

  Returns:
    A number from -1 to 1; `None` where fewer than three samples have a
    published accuracy, or all are equal.
  """
  pairs = [
    (s['validation_accuracy'], s['published_accuracy'])
    for s in samples
    if 'published_accuracy' in s
  ]
  if len(pairs) < 3 or any(len(set(values)) < 2 for values in zip(*pairs)):
    return None
  return float(stats.spearmanr(*zip(*pairs)).statistic)


def outcome(result: RandomSearchResult) -> str:
  """Sums up a result for the user, in a few lines."""
  best = result.ranking[0]
  lines = [
    'Best by short training: sample'
    f' {best["index"] + 1} of {len(result.samples)}, validation'
    f' accuracy {100 * best["validation_accuracy"]:.2f} %'
  ]
  if 'published_accuracy' in best:
    lines.append(f'Published accuracy  {best["published_accuracy"]:.2f} %')
  correlation = rank_correlation(result.samples)
  if correlation is not None:
    lines.append(
      'Rank correlation    of validation and published accuracies'
      f' {correlation:.2f} (Spearman)'
    )
  for line in result.retrained:
    lines.append(
      f'Test accuracy  {100 * line["test_accuracy"]:.2f} %'
      f' (sample {line["index"] + 1})'
    )
  lines.append(f'Genotype       {result.workdir.genotype_path}')
  lines.append(f'All numbers    {result.workdir.path / "result.json"}')
  return '\n'.join(lines)


def _retrain(
  config: TrainConfig, genotype: Genotype, index: int, run: RunContext
) -> dict[str, Any]:
  """Trains in full, or reads the result of a training that has ended."""
  path = run.directory.path / f'retrained_{index:02d}'
  check_training(config, genotype, WorkDir(path))
  if not (path / 'network.keras').exists():  # written last
    run.say(f'\n== Retraining of sample {index + 1}\n{genotype.pretty()}')
    run_training(config, genotype, path, run.data, run.verbose, run.strategy)
    gc.collect()
  return {'index': index, **json.loads((path / 'result.json').read_text())}


def _line(sample: dict[str, Any], total: int) -> str:
  published = (
    f'  published {sample["published_accuracy"]:.2f} %'
    if 'published_accuracy' in sample
    else ''
  )
  return (
    f'Sample {sample["index"] + 1}/{total}  validation accuracy'
    f' {sample["validation_accuracy"]:.4f}{published}'
    f'  {sample["seconds"]:.0f} s'
  )
