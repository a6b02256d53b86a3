"""Data sets in memory, augmentation, and reproducible batches."""

from darts_tf.data.augment import (
  Augmentation,
  augment,
  default_augmentation,
  normalize,
)
from darts_tf.data.image_data import DatasetInfo, ImageData
from darts_tf.data.loading import load
from darts_tf.data.split import stratified_split
from darts_tf.data.stream import Stream, evaluation_batches

__all__ = [
  'Augmentation',
  'DatasetInfo',
  'ImageData',
  'Stream',
  'augment',
  'default_augmentation',
  'evaluation_batches',
  'load',
  'normalize',
  'stratified_split',
]
