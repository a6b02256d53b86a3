"""SavedModels that map raw images to probabilities."""

import os

import numpy as np
import tensorflow as tf

from darts_tf.config.errors import InputError
from darts_tf.data import DatasetInfo, normalize
from darts_tf.export.replace import replaced_directory
from darts_tf.models.network import Network
from darts_tf.runs.atomic import Path, atomic_write_json, atomic_write_text

EXTRA = 'assets.extra'
CLASS_NAMES = 'class_names.json'
GENOTYPE = 'genotype.json'

# A directory with other entries than these is no earlier export.
_ENTRIES = frozenset(
  ('saved_model.pb', 'fingerprint.pb', 'variables', 'assets', EXTRA)
)


class ServedNetwork(tf.Module):
  """A network with all steps between raw pixels and a label.

  Args:
    network: the network.
    info: of the data set it was trained on.
  """

  def __init__(self, network: Network, info: DatasetInfo):
    super().__init__()
    # The variables only: Keras layers would add functions of their own.
    self.network_variables = list(network.variables)
    # There is no text on accelerators.
    with tf.device('CPU'):
      self.class_names = tf.Variable(
        list(info.class_names), trainable=False, name='class_names'
      )
    self.mean = tf.Variable(info.mean, trainable=False, name='mean')
    self.std = tf.Variable(info.std, trainable=False, name='std')

    def probabilities(images):
      return predict(network, images, info.mean, info.std)

    def serve(images):
      return {'probabilities': self.probabilities(images)}

    def classify(images):
      found = self.probabilities(images)
      return {
        'label': tf.gather(self.class_names, tf.argmax(found, -1)),
        'probability': tf.reduce_max(found, -1),
      }

    images = tf.TensorSpec((None, *info.image_shape), tf.uint8, 'images')
    function = lambda f: tf.function(
      f, input_signature=[images], autograph=False
    )
    # The others call this one, so that the network is traced once.
    self.probabilities = function(probabilities)
    self.serve = function(serve)
    self.classify = function(classify)

  @tf.function(autograph=False)
  def __call__(self, images):
    """Maps uint8 images to probabilities `(batch, classes)`."""
    return self.probabilities(images)


def predict(network: Network, images, mean, std) -> tf.Tensor:
  """Returns the probabilities of the classes.

  Args:
    network: the network.
    images: uint8 `(batch, height, width, channels)`.
    mean: mean of pixels / 255, one a channel.
    std: standard deviation of the same.

  Returns:
    float32 `(batch, classes)`; rows sum to 1.
  """
  images = tf.cast(normalize(images, mean, std), network.compute_dtype)
  logits = tf.cast(network(images, training=False), tf.float32)
  return tf.nn.softmax(logits)


def export_network(network: Network, info: DatasetInfo, directory: Path) -> str:
  """Writes a network as a SavedModel that takes raw images.

  | signature         | input                      | outputs                 |
  |-------------------|----------------------------|-------------------------|
  | `serving_default` | `images`, uint8 (n,h,w,c)  | `probabilities`         |
  | `classify`        | the same                   | `label`, `probability`  |

  The loaded object can be called with images, too, and has `class_names`,
  `mean` and `std`. Names of classes and the genotype are also in
  `assets.extra`, as JSON. Images are normalized inside.

  Args:
    network: a trained network.
    info: of the data set it was trained on.
    directory: where to write; an earlier export there is replaced, once
      the new one is complete.

  Returns:
    The path of the directory.

  Raises:
    InputError: if network and data set do not fit each other, if the
      directory holds anything but an earlier export, or if the disk is
      full or cannot be written.
  """
  check_fit(network, info)
  served = ServedNetwork(network, info)
  # Only functions that were traced are saved.
  served.__call__.get_concrete_function(
    tf.TensorSpec((None, *info.image_shape), tf.uint8, 'images')
  )
  with replaced_directory(directory, _ENTRIES, 'saved_model.pb') as new:
    tf.saved_model.save(
      served,
      str(new),
      signatures={'serving_default': served.serve, 'classify': served.classify},
    )
    extra = new / EXTRA
    extra.mkdir()
    atomic_write_json(extra / CLASS_NAMES, info.class_names)
    atomic_write_text(extra / GENOTYPE, network.genotype.to_json() + '\n')
  return os.fspath(directory)


def verify_export(
  directory: Path,
  network: Network,
  images: np.ndarray,
  info: DatasetInfo | None = None,
) -> float:
  """Compares an export with the network that it was made of.

  Args:
    directory: of the export.
    network: the network in memory.
    images: uint8 `(n, height, width, channels)`, at least one.
    info: normalization of the network in memory; that which the export
      records if omitted.

  Returns:
    The largest absolute difference of a probability.

  Raises:
    InputError: if there is no export, or no image of the right shape.
  """
  images = check_images(images, network)
  if not tf.saved_model.contains_saved_model(os.fspath(directory)):
    raise InputError(
      'No SavedModel here; expected the directory of an export.'
      f' Received: directory={os.fspath(directory)!r}'
    )
  loaded = tf.saved_model.load(os.fspath(directory))
  signature = loaded.signatures['serving_default']
  exported = signature(images=tf.constant(images))['probabilities']
  mean, std = (
    (loaded.mean.numpy(), loaded.std.numpy())
    if info is None
    else (info.mean, info.std)
  )
  expected = predict(network, tf.constant(images), mean, std)
  return float(np.max(np.abs(exported.numpy() - expected.numpy())))


def check_images(images: np.ndarray, network: Network) -> np.ndarray:
  """Returns images to compare on.

  Args:
    images: uint8 `(n, height, width, channels)`, n > 0.
    network: that is to classify them.

  Raises:
    InputError: if they are no such images.
  """
  images = np.asarray(images)
  if (
    images.dtype != np.uint8
    or not len(images)
    or images.shape[1:] != tuple(network.image_shape)
  ):
    raise InputError(
      'An export is compared on raw images; expected uint8 of shape'
      f' (n, {", ".join(map(str, network.image_shape))}), n > 0.'
      f' Received: images={images.dtype}{images.shape}'
    )
  return images


def check_fit(network: Network, info: DatasetInfo) -> None:
  """Refuses a data set that cannot be the network's."""
  classes = network.head.classifier.units
  for what, ours, theirs in (
    ('image_shape', network.image_shape, info.image_shape),
    ('num_classes', classes, info.num_classes),
  ):
    if ours != theirs:
      raise InputError(
        f'The network was not made for this data set; expected'
        f' {what}={ours}. Received: dataset={info.name!r} with'
        f' {what}={theirs}'
      )
