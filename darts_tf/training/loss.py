"""Cross-entropy of integer labels with label smoothing."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable('darts_tf')
class SmoothedCrossentropy(keras.losses.Loss):
  r"""Cross-entropy with the targets `(1 - s) onehot(y) + s / K`.

  Args:
    smoothing: `s` (arXiv:1512.00567, section 7).
    **kwargs: arguments of `keras.losses.Loss`.
  """

  def __init__(
    self, smoothing: float = 0.0, name: str = 'crossentropy', **kwargs
  ):
    super().__init__(name=name, **kwargs)
    self.smoothing = smoothing

  def call(self, y_true, y_pred):
    """Returns a loss an image.

    Args:
      y_true: labels, `(batch,)`.
      y_pred: logits, `(batch, num_classes)`.

    Returns:
      `(batch,)`.
    """
    log_p = tf.nn.log_softmax(y_pred)
    labels = tf.reshape(tf.cast(y_true, tf.int32), [-1])
    loss = -tf.gather(log_p, labels, batch_dims=1)
    if not self.smoothing:
      return loss
    uniform = -tf.reduce_mean(log_p, -1)
    return (1.0 - self.smoothing) * loss + self.smoothing * uniform

  def get_config(self):
    """Returns the arguments of the constructor."""
    return super().get_config() | {'smoothing': self.smoothing}
