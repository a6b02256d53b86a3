"""Keras layers: operations, mixed edges, cells, drop path."""

from darts_tf.layers.batch_norm import BatchNorm
from darts_tf.layers.copies import Copies, build_operation
from darts_tf.layers.discrete_cell import DiscreteCell
from darts_tf.layers.drop_path import DropPath
from darts_tf.layers.factorized_conv import FactorizedConv
from darts_tf.layers.factorized_reduce import FactorizedReduce
from darts_tf.layers.image_draws import ImageDraws
from darts_tf.layers.mixed_cell import MixedCell
from darts_tf.layers.mixed_edges import MixedEdges
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.layers.noise import Noise
from darts_tf.layers.operation import Operation, WeightView
from darts_tf.layers.pool import AveragePool, MaxPool
from darts_tf.layers.relu_conv_bn import ReLUConvBN
from darts_tf.layers.separable_conv import SeparableConv
from darts_tf.layers.skip import Identity, Zero, skip_connect

__all__ = [
  'AveragePool',
  'BatchNorm',
  'Copies',
  'DiscreteCell',
  'DropPath',
  'FactorizedConv',
  'FactorizedReduce',
  'Identity',
  'ImageDraws',
  'MaxPool',
  'MixedCell',
  'MixedEdges',
  'MixingWeights',
  'Noise',
  'Operation',
  'ReLUConvBN',
  'SeparableConv',
  'WeightView',
  'Zero',
  'build_operation',
  'skip_connect',
]
