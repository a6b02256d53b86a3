"""Exchange of weights with other implementations."""

from darts_tf.interop.pytorch import load_pytorch_weights, pytorch_weights

__all__ = ['load_pytorch_weights', 'pytorch_weights']
