"""TFLite files, with weights of 32 bits or of 8."""

import re
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.lite.python.convert_phase import ConverterError

from darts_tf.config.errors import InputError
from darts_tf.data import DatasetInfo
from darts_tf.export.frozen import INPUT, OUTPUT, FrozenNetwork
from darts_tf.export.runner import Runner
from darts_tf.models.network import Network
from darts_tf.runs.atomic import Path, atomic_write_bytes


def export_tflite(
  network: Network, info: DatasetInfo, path: Path, dynamic_range: bool = False
) -> None:
  """Writes a network as a TFLite file that takes raw images.

  Its signature `serving_default` maps `images`, uint8 `(n, height, width,
  channels)`, to `probabilities`. n is 1 unless the tensor is resized, which
  the signature's runner does by itself.

  Args:
    network: computes in float32, see `float32_copy`.
    info: of the data set it was trained on.
    path: of the file, which is replaced.
    dynamic_range: whether weights of products are rounded to 8 bits, with
      a scale for each output channel. Activations are rounded as they arrive,
      or stay float32 where TFLite has no kernel for that.

  Raises:
    InputError: if an operation of the network has no counterpart, or the
      file cannot be written.
  """
  module = FrozenNetwork(network, info)
  with tempfile.TemporaryDirectory() as directory:
    # The converter would save the function itself, but fails to name inputs
    # and outputs if the function has gradients of its own.
    tf.saved_model.save(
      module,
      directory,
      signatures={'serving_default': module.serve},
      options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
    )
    converter = tf.lite.TFLiteConverter.from_saved_model(directory)
    if dynamic_range:
      converter.optimizations = [tf.lite.Optimize.DEFAULT]
    try:
      data = converter.convert()
    except ConverterError as error:
      raise _refusal(error) from error
  atomic_write_bytes(path, data)


def _refusal(error: ConverterError) -> InputError:
  """Reduces the converter's message of many lines to one."""
  names = re.findall(r'^(?:Custom|Flex) ops: (.+)$', str(error), re.MULTILINE)
  reason = ', '.join(names) or str(error).strip().split('\n')[0]
  return InputError(
    'The network cannot be written as TFLite; expected operations that'
    f' TFLite has, too. Received: operations={reason!r}'
  )


def load_tflite(path: Path, threads: int) -> Runner:
  """Loads a TFLite file.

  Args:
    path: of the file.
    threads: of the interpreter.

  Returns:
    A function from uint8 images to probabilities.
  """
  from ai_edge_litert.interpreter import Interpreter

  interpreter = Interpreter(model_path=str(path), num_threads=threads)
  signature = interpreter.get_signature_runner('serving_default')

  def run(images: np.ndarray) -> np.ndarray:
    return signature(**{INPUT: images})[OUTPUT]

  return run
