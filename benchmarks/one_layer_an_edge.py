"""Counts the operations of a step, against one layer a candidate and edge.

  python benchmarks/one_layer_an_edge.py --channels=16 --cells=8

The supernet is built twice: as the library does, and with a layer of its
own for each candidate of each edge, multiplied by its mixing weight, as the
method is usually written down. Prints one line of JSON.
"""

import json
from unittest import mock

from darts_tf import app, process

process.tune()

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from darts_tf.benchmark.search_speed import build_measured  # noqa: E402
from darts_tf.layers import mixed_cell  # noqa: E402
from darts_tf.layers.copies import build_operation  # noqa: E402
from darts_tf.options import config_from_flags, define_flags  # noqa: E402
from darts_tf.search.config import SearchConfig  # noqa: E402

_TAKEN = ('search_space', 'channels', 'cells', 'batch_size', 'gradient')
_SKIPPED = tuple(
    name for name in SearchConfig().to_dict() if name not in _TAKEN)
define_flags(SearchConfig, skip=_SKIPPED, defaults={
    'gradient': 'first_order'})


class OneLayerAnEdge(keras.layers.Layer):
  """Stands in for `MixedEdges`."""

  def __init__(self, candidates, channels, stride, style, **kwargs):
    super().__init__(**kwargs)
    self.edges = [
        [build_operation(name, channels, stride, style) for name in names]
        for names in candidates]

  def build(self, input_shape):
    """Builds all layers."""
    for edge in self.edges:
      for operation in edge:
        operation.build(input_shape)

  def call(self, x, weights, training=None):
    """Returns the weighted sums."""
    return [
        tf.add_n([weights[e, k] * operation(x, training=training)
                  for k, operation in enumerate(edge)])
        for e, edge in enumerate(self.edges)]


def main(unused_argv: list[str]) -> None:
  """Counts and prints."""
  config = config_from_flags(SearchConfig, skip=_SKIPPED)

  def count() -> int:
    parts, batches = build_measured(config, (32, 32, 3), 10, 1)
    graph = parts.step.search_graph(*next(batches))
    return len(graph.get_operations())

  shared = count()
  with mock.patch.object(mixed_cell, 'MixedEdges', OneLayerAnEdge):
    usual = count()
  print(json.dumps({
      'one_layer_an_edge': usual, 'darts_tf': shared,
      'ratio': round(shared / usual, 3)}))


if __name__ == '__main__':
  app.run(main)
