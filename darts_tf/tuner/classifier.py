"""A trained network that takes images as its user has them."""

import os

import keras
import numpy as np

from darts_tf.data import DatasetInfo
from darts_tf.export import export_network, verify_export
from darts_tf.models.network import Network

# Of a probability, between an export and the network in memory.
_LARGEST_DIFFERENCE = 1e-4


def raw_classifier(network: Network, info: DatasetInfo) -> keras.Model:
  """Puts normalization before a network.

  Args:
    network: of normalized images.
    info: of its data set.

  Returns:
    A model of raw images, values of 0 to 255, which returns logits; it is
    compiled with cross-entropy and accuracy.
  """
  inputs = keras.Input(info.image_shape, name='images')
  scaled = keras.layers.Rescaling(
    scale=[1 / (255 * s) for s in info.std],
    offset=[-m / s for m, s in zip(info.mean, info.std)],
    dtype=network.variable_dtype,
  )(inputs)
  model = keras.Model(inputs, network(scaled))
  model.compile(
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=['accuracy'],
  )
  return model


def export_checked(
  network: Network, info: DatasetInfo, path: str | os.PathLike
) -> str:
  """Writes a SavedModel and compares it with the network on random images.

  Args:
    network: of normalized images.
    info: of its data set.
    path: the directory; see `darts_tf.export.export_network`.

  Returns:
    The directory.

  Raises:
    RuntimeError: if the two do not predict the same.
  """
  directory = export_network(network, info, path)
  images = np.random.default_rng(0).integers(
    0, 256, (8, *info.image_shape), np.uint8
  )
  difference = verify_export(path, network, images, info)
  if not difference <= _LARGEST_DIFFERENCE:
    raise RuntimeError(
      f'The exported model differs from the network in memory by {difference:g}'
    )
  return directory
