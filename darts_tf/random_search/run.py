"""Random search: draw, compare by short trainings, retrain the best."""

import dataclasses
import gc
import json
import os
from typing import Any

import tensorflow as tf
from scipy import stats

from darts_tf.data import ImageData
from darts_tf.distribution.run_data import load_data
from darts_tf.distribution.strategy import make_strategy, refuse_workers
from darts_tf.genotype import Genotype
from darts_tf.random_search.config import RandomSearchConfig, resolve
from darts_tf.random_search.sample import sample_genotypes
from darts_tf.random_search.short_training import short_data, train_shortly
from darts_tf.runs.workdir import WorkDir, atomic_write_json
from darts_tf.search_space.space import search_spaces
from darts_tf.tabular.nas_bench_201 import BenchmarkTable, column_of
from darts_tf.training import TrainConfig, run_training
from darts_tf.training.build import build_training
from darts_tf.training.train import check_training


@dataclasses.dataclass(frozen=True)
class RandomSearchResult:
  """What a random search has found.

  Args:
    genotype: the best architecture by its short training.
    samples: one mapping an architecture, in the order of drawing: `index`,
      `validation_accuracy` in 0 to 1, `seconds`, `genotype` as JSON, and
      `published_accuracy` in percent if there is a table.
    retrained: one mapping a retrained architecture, the best first:
      `index`, `test_accuracy`, `test_loss`.
    config: the resolved configuration.
    workdir: where all of it is written.
  """

  genotype: Genotype
  samples: list[dict[str, Any]]
  retrained: list[dict[str, Any]]
  config: RandomSearchConfig
  workdir: WorkDir


def random_search(
  config: RandomSearchConfig,
  workdir: str | os.PathLike,
  train_config: TrainConfig | None = None,
  data: ImageData | None = None,
  verbose: bool = True,
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

  Returns:
    The `RandomSearchResult`.

  Raises:
    InputError: if an option cannot be used.
    RunStateError: if the directory belongs to another run.
  """
  config = resolve(config)
  directory = WorkDir(workdir)
  started = directory.check(config.pinned()) is not None
  table = (
    None
    if config.benchmark_table is None
    else BenchmarkTable.load(config.benchmark_table)
  )
  if table is not None:
    train_config = None
  genotypes = sample_genotypes(
    search_spaces[config.search_space],
    config.num_samples,
    config.seed,
    config.cells,
  )
  refuse_workers(config, 'A random search')
  strategy = make_strategy(config)
  data = data or load_data(config)
  part = short_data(config, data)
  if not started:
    # After hours of short trainings is too late to hear of a wrong option.
    for options, images in (
      (config.short_training(), part),
      (train_config, data),
    ):
      if options is not None:
        check_training(
          options, genotypes[0], WorkDir(directory.path / 'short_00')
        )
        build_training(options, genotypes[0], images, strategy)
  directory.pin(config.pinned())
  with directory.exclusive():
    return _compare(
      config,
      train_config,
      genotypes,
      data,
      part,
      table,
      directory,
      verbose,
      strategy,
    )


def _compare(
  config: RandomSearchConfig,
  train_config: TrainConfig | None,
  genotypes: list[Genotype],
  data: ImageData,
  part: ImageData,
  table: BenchmarkTable | None,
  directory: WorkDir,
  verbose: bool,
  strategy: tf.distribute.Strategy,
) -> RandomSearchResult:
  """Trains all shortly and the best in full, or what is left of it."""
  say = print if verbose else (lambda *unused_args: None)
  samples = []
  for index, genotype in enumerate(genotypes):
    sample = {
      'index': index,
      **train_shortly(
        config,
        genotype,
        WorkDir(directory.path / f'short_{index:02d}'),
        part,
        strategy,
      ),
    }
    if table is not None and genotype in table:
      sample['published_accuracy'] = table.accuracy(
        genotype, column_of(config.dataset)
      )
    samples.append({**sample, 'genotype': genotype.to_json()})
    say(_line(sample, len(genotypes)))
  # Of equals the first that was drawn.
  order = sorted(samples, key=lambda sample: -sample['validation_accuracy'])
  retrained = []
  if train_config is not None:
    retrained = [
      _retrain(
        train_config,
        genotypes[sample['index']],
        sample['index'],
        directory,
        data,
        verbose,
        strategy,
      )
      for sample in order[: config.num_best]
    ]
  best = genotypes[order[0]['index']]
  best.save(directory.genotype_path)
  atomic_write_json(
    directory.path / 'result.json',
    {
      'best': order[0]['index'],
      'samples': samples,
      'retrained': retrained,
      'rank_correlation': rank_correlation(samples),
    },
  )
  return RandomSearchResult(best, samples, retrained, config, directory)


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
  """What a user wants to know at the end, in a few lines."""
  best = max(result.samples, key=lambda s: s['validation_accuracy'])
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


def _retrain(config, genotype, index, directory, data, verbose, strategy):
  """Trains in full, or reads the result of a training that has ended."""
  path = directory.path / f'retrained_{index:02d}'
  check_training(config, genotype, WorkDir(path))
  if not (path / 'network.keras').exists():  # written last
    if verbose:
      print(f'\n== Retraining of sample {index + 1}\n{genotype.pretty()}')
    run_training(config, genotype, path, data, verbose, strategy)
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
