"""Exports in several formats: written, run, compared, measured."""

import contextlib
import dataclasses
import importlib.metadata
import pathlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf

from darts_tf.data import DatasetInfo
from darts_tf.export.formats import ExportFormat, check_formats, formats
from darts_tf.export.frozen import float32_copy
from darts_tf.export.record import (
  ExportRecord,
  fingerprint,
  relative_path,
  write_exports,
)
from darts_tf.export.runner import (
  Runner,
  compare,
  median_milliseconds,
  run_in_batches,
)
from darts_tf.export.saved_model import check_fit, check_images, predict
from darts_tf.export.threads import usable_threads
from darts_tf.models.network import Network
from darts_tf.runs.atomic import Path, explain_disk_errors
from darts_tf.runs.workdir import WorkDir

_RUNS = 30
# In these the network in memory is as exact as float32, or more so.
_EXACT = ('float32', 'float64')


def export_formats(
  network: Network,
  info: DatasetInfo,
  workdir: Path,
  names: Sequence[str] = ('saved_model',),
  images: np.ndarray | None = None,
  runs: int = _RUNS,
  paths: Mapping[str, Path] | None = None,
) -> list[ExportRecord]:
  """Writes a network in several formats, runs each, and compares.

  All take raw uint8 images and return probabilities. The function compares
  their predictions with the network's and times one image. `exports.json` in
  the work directory receives the figures.

  Args:
    network: a trained network.
    info: of the data set it was trained on.
    workdir: where files and record go; it is created if needed.
    names: of the formats, keys of `formats`.
    images: uint8 `(n, height, width, channels)` to compare on, n > 0, best
      test images; random ones by default.
    runs: number of runs that are timed.
    paths: format to a path in place of the usual one in the work directory.

  Returns:
    The records of all exports of this network in the work directory.

  Raises:
    InputError: if a format is unknown or its library missing, network and
      data set do not fit, or the disk cannot be written.
    RuntimeError: if an exported network predicts something else.
  """
  names = check_formats(names)
  check_fit(network, info)
  compared_on = 'random' if images is None else 'test'
  if images is None:
    images = np.random.default_rng(0).integers(
      0, 256, (64, *info.image_shape), np.uint8
    )
  images = check_images(images, network)
  directory = WorkDir(workdir)
  directory.create()
  weights, variants = fingerprint(network), _Variants(network, info, images)
  records = []
  for name in names:
    made, threads = formats[name], usable_threads()
    path = pathlib.Path(
      (paths or {}).get(name) or directory.path / made.file_name
    ).expanduser()
    with explain_disk_errors(path):
      path.parent.mkdir(parents=True, exist_ok=True)
    source, expected = (
      variants.own() if made.own_precision else variants.plain()
    )
    made.write(source, info, path)
    with _rewritten_graphs():
      run = made.load(path, threads)
      comparison = compare(run_in_batches(run, images), expected)
      _check_tolerance(made, path, comparison.largest_difference)
      milliseconds = median_milliseconds(run, images[:1], runs)
    records.append(
      ExportRecord(
        format=name,
        path=relative_path(directory, path),
        network=weights,
        precision=source.dtype_policy.name,
        bytes=_size(path),
        compared_on=compared_on,
        milliseconds=round(milliseconds, 4),
        runs=runs,
        threads=threads,
        runtime=_version(made.runtime),
        **dataclasses.asdict(comparison),
      )
    )
  return write_exports(directory, records)


class _Variants:
  """The network as it is and in float32, each with its predictions.

  Args:
    network: the network.
    info: of its data set.
    images: to predict.
  """

  def __init__(self, network: Network, info: DatasetInfo, images: np.ndarray):
    self._network = network
    self._info = info
    self._images = images
    self._own = self._plain = None

  def own(self) -> tuple[Network, np.ndarray]:
    """The network, and its predictions."""
    if self._own is None:
      self._own = self._network, self._predictions(self._network)
    return self._own

  def plain(self) -> tuple[Network, np.ndarray]:
    """A copy in float32; its predictions, or the network's if exact."""
    if self._plain is None:
      copy = float32_copy(self._network)
      exact = self._network.compute_dtype in _EXACT
      self._plain = copy, (self.own()[1] if exact else self._predictions(copy))
    return self._plain

  def _predictions(self, network: Network) -> np.ndarray:
    run: Runner = lambda images: predict(
      network, tf.constant(images), self._info.mean, self._info.std
    ).numpy()
    return run_in_batches(run, self._images)


def _check_tolerance(
  made: ExportFormat, path: pathlib.Path, difference: float
) -> None:
  # Not a number is refused in any format.
  limit = 1.0 if made.tolerance is None else made.tolerance
  if not difference <= limit:
    raise RuntimeError(
      'The exported network predicts something else than the one in'
      f' memory; expected a difference of at most {limit:g}.'
      f' Received: difference={difference:g}, path={str(path)!r}'
    )


@contextlib.contextmanager
def _rewritten_graphs() -> Iterator[None]:
  """Lets TensorFlow rewrite graphs, as it does wherever they are served."""
  options = tf.config.optimizer.get_experimental_options()
  before = options.get('disable_meta_optimizer', False)
  tf.config.optimizer.set_experimental_options(
    {'disable_meta_optimizer': False}
  )
  try:
    yield
  finally:
    tf.config.optimizer.set_experimental_options(
      {'disable_meta_optimizer': before}
    )


def _size(path: pathlib.Path) -> int:
  if path.is_file():
    return path.stat().st_size
  return sum(p.stat().st_size for p in path.rglob('*') if p.is_file())


def _version(module: str) -> str:
  # Distributions have other names than their modules.
  names = importlib.metadata.packages_distributions().get(module, [module])
  version = importlib.metadata.version(names[0])
  return f'{names[0].replace("_", "-")} {version}'
