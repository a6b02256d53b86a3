"""Retraining of a genotype through Keras `fit`."""

from darts_tf.training.config import TrainConfig
from darts_tf.training.saved import load_trained
from darts_tf.training.train import TrainResult, run_training

__all__ = ['TrainConfig', 'TrainResult', 'load_trained', 'run_training']
