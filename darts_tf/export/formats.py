"""The formats that a network can be exported to."""

import dataclasses
import functools
import importlib.util
from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.config.registry import Registry
from darts_tf.data import DatasetInfo
from darts_tf.export.onnx import export_onnx, load_onnx
from darts_tf.export.runner import Runner
from darts_tf.export.saved_model import export_network
from darts_tf.export.tflite import export_tflite, load_tflite
from darts_tf.models.network import Network
from darts_tf.runs.atomic import Path

# Another graph adds up in another order.
_TOLERANCE = 1e-4


@dataclasses.dataclass(frozen=True)
class ExportFormat:
  """A format.

  Args:
    title: in a list of files.
    file_name: in the work directory.
    write: `write(network, info, path)` writes it.
    load: `load(path, threads)` returns a function from uint8 images to
      probabilities.
    runtime: the module that runs it.
    own_precision: whether the network is written as it computes; else it
      is written as computing in float32.
    tolerance: largest difference of a probability from the network's;
      `None` if the format is not exact.
    extra: of setup.py, with what is needed.
    modules: that it brings.
  """

  title: str
  file_name: str
  write: Callable[[Network, DatasetInfo, Path], object]
  load: Callable[[Path, int], Runner]
  runtime: str
  own_precision: bool = False
  tolerance: float | None = _TOLERANCE
  extra: str = ''
  modules: tuple[str, ...] = ()


def _load_saved_model(path: Path, threads: int) -> Runner:
  """Loads a SavedModel; TensorFlow's threads are those of the process."""
  del threads
  loaded = tf.saved_model.load(str(path))

  def run(images: np.ndarray) -> np.ndarray:
    # Variables live as long as what was loaded does, not the signature.
    signature = loaded.signatures['serving_default']
    return signature(images=tf.constant(images))['probabilities'].numpy()

  return run


formats: Registry[ExportFormat] = Registry('format')
formats.register(
  'saved_model',
  ExportFormat(
    'SavedModel',
    'saved_model',
    export_network,
    _load_saved_model,
    'tensorflow',
    own_precision=True,
  ),
)
formats.register(
  'tflite',
  ExportFormat(
    'TFLite',
    'network.tflite',
    export_tflite,
    load_tflite,
    'ai_edge_litert',
    extra='tflite',
    modules=('ai_edge_litert',),
  ),
)
formats.register(
  'tflite_dynamic',
  ExportFormat(
    'TFLite dynamic',
    'network_dynamic.tflite',
    functools.partial(export_tflite, dynamic_range=True),
    load_tflite,
    'ai_edge_litert',
    tolerance=None,
    extra='tflite',
    modules=('ai_edge_litert',),
  ),
)
formats.register(
  'onnx',
  ExportFormat(
    'ONNX',
    'network.onnx',
    export_onnx,
    load_onnx,
    'onnxruntime',
    extra='onnx',
    modules=('onnx', 'tf2onnx', 'onnxruntime'),
  ),
)


def check_formats(names: Iterable[str]) -> tuple[str, ...]:
  """Checks that networks can be exported to these formats, and run.

  Args:
    names: of formats, e.g. as a flag gives them.

  Returns:
    The names, each once.

  Raises:
    InputError: if there is none, if one is unknown, or if a library is
      missing.
  """
  names = tuple(dict.fromkeys(name.strip() for name in names))
  if not names:
    raise InputError(
      'There is nothing to export; expected formats, one or more of'
      f' {", ".join(formats)}. Received: formats={names!r}'
    )
  for name in names:
    missing = [
      module
      for module in formats[name].modules
      if importlib.util.find_spec(module) is None
    ]
    if missing:
      raise InputError(
        f'A library is missing for the format {name}; expected those of'
        f' `pip install "darts_tf[{formats[name].extra}]"`.'
        f' Received: format={name!r}, missing={", ".join(missing)}'
      )
  return names
