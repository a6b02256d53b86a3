"""A trained network that takes images as its user has them."""

import keras

from darts_tf.data import DatasetInfo
from darts_tf.models.network import Network


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
