"""Random numbers for images that are a function of a layer's state."""

import random
from collections.abc import Callable

import keras
import tensorflow as tf

# Draws are float32 whatever a layer computes in: precision does not change
# what is drawn.
Draw = Callable[[list, tf.Tensor], tf.Tensor]


def random_seed() -> int:
  """A seed from Python's generator, as those of Keras' initial weights."""
  return random.randint(1, 10**9)


class ImageDraws:
  """Draws of their own for each image of a global batch.

  The state is a pair of integers, a seed and a counter, in a variable of
  the layer: saved with its weights, and an argument of `stateless_call`.
  Passes that start from the same state draw the same numbers; a training
  pass moves the counter, so that the next step draws others.

  Under a distribution strategy each replica draws for the global batch and
  takes the part of its own images: n replicas with contiguous, equal shares
  draw what one device draws for the whole batch.

  Args:
    layer: the layer that gets the variable.
    seed: first number of the state; `random_seed()` by default.
  """

  def __init__(self, layer: keras.layers.Layer, seed: int | None = None):
    if seed is None:
      seed = random_seed()
    self._state = layer.add_weight(
      shape=(2,),
      dtype='int64',
      trainable=False,
      autocast=False,
      initializer=lambda shape, dtype: tf.constant([seed, 0], dtype),
      # All replicas compute the same next state.
      aggregation='only_first_replica',
      name='seed_state',
    )

  def training(self, x, shape: tuple[int, ...], draw: Draw) -> tf.Tensor:
    """Draws for the images of a training batch, and moves the counter.

    Args:
      x: this replica's batch; only its first axis is looked at.
      shape: of an image's draws, without the batch.
      draw: `draw(shape, seed)`, e.g. `philox.normal`.

    Returns:
      `(batch, *shape)`.
    """
    state = tf.convert_to_tensor(self._state)
    self._state.assign(state + tf.constant([0, 1], state.dtype))
    count = x.shape[0] or tf.shape(x)[0]
    context = tf.distribute.get_replica_context()
    replicas = 1 if context is None else context.num_replicas_in_sync
    draws = draw([count * replicas, *shape], state)
    if replicas == 1:
      return draws
    first = count * tf.cast(context.replica_id_in_sync_group, tf.int32)
    return draws[first : first + count]

  def inference(self, shape: tuple[int, ...], draw: Draw) -> tf.Tensor:
    """Draws once for all images, by the seed alone.

    So a prediction depends on the image, not on its place in a batch.

    Args:
      shape: of an image's draws, without the batch.
      draw: see `training`.

    Returns:
      `(1, *shape)`.
    """
    state = tf.convert_to_tensor(self._state)
    # No training step has this counter.
    return draw([1, *shape], tf.stack([state[0], tf.constant(-1, tf.int64)]))
