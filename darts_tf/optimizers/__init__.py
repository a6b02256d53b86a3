"""Optimizers that compute what PyTorch's compute."""

from darts_tf.optimizers.adam import Adam
from darts_tf.optimizers.pytorch import PyTorchOptimizer
from darts_tf.optimizers.sgd import SGD

__all__ = ['SGD', 'Adam', 'PyTorchOptimizer']
