"""ONNX files."""

import contextlib
import json
import logging
from collections.abc import Iterator

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.data import DatasetInfo
from darts_tf.export.frozen import INPUT, OUTPUT, FrozenNetwork
from darts_tf.export.runner import Runner
from darts_tf.models.network import Network
from darts_tf.runs.atomic import Path, atomic_write_bytes

# Of 2022: what runs ONNX today knows it, and it has all that is needed.
_OPSET = 17


def export_onnx(network: Network, info: DatasetInfo, path: Path) -> None:
  """Writes a network as an ONNX file that takes raw images.

  It maps `images`, uint8 `(batch, height, width, channels)`, to
  `probabilities`. Its metadata hold `class_names` and `genotype`, as JSON.

  Args:
    network: computes in float32, see `float32_copy`.
    info: of the data set it was trained on.
    path: of the file, which is replaced.

  Raises:
    InputError: if an operation of the network's has no counterpart, or the
      file cannot be written.
  """
  import onnx
  import tf2onnx

  module = FrozenNetwork(network, info)
  # It logs what is not supported, and writes it all the same: see below.
  with _level(logging.getLogger('tf2onnx'), logging.CRITICAL):
    model, _ = tf2onnx.convert.from_function(
      module.serve, input_signature=[module.signature], opset=_OPSET
    )
  for value in (*model.graph.input, *model.graph.output):
    value.type.tensor_type.shape.dim[0].dim_param = 'batch'
  for key, value in (
    ('class_names', json.dumps(info.class_names, ensure_ascii=False)),
    ('genotype', network.genotype.to_json()),
  ):
    model.metadata_props.add(key=key, value=value)
  try:
    onnx.checker.check_model(model)
  except onnx.checker.ValidationError as error:
    reason = str(error).split('\n')[0]
    raise InputError(
      'The network cannot be written as ONNX; expected operations that ONNX'
      f' has, too. Received: operations={reason!r}'
    ) from error
  atomic_write_bytes(path, model.SerializeToString())


@contextlib.contextmanager
def _level(logger: logging.Logger, level: int) -> Iterator[None]:
  """Logs what is at least this grave, for a while."""
  before = logger.level
  logger.setLevel(level)
  try:
    yield
  finally:
    logger.setLevel(before)


def load_onnx(path: Path, threads: int) -> Runner:
  """Loads an ONNX file into ONNX Runtime, on the CPU.

  Args:
    path: of the file.
    threads: of the session.

  Returns:
    A function from uint8 images to probabilities.
  """
  import onnxruntime

  options = onnxruntime.SessionOptions()
  options.intra_op_num_threads = threads
  session = onnxruntime.InferenceSession(
    str(path), options, providers=['CPUExecutionProvider']
  )

  def run(images: np.ndarray) -> np.ndarray:
    return session.run([OUTPUT], {INPUT: images})[0]

  return run
