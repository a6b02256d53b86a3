"""Counts the operations of a step in each form of the mixed edges.

  python benchmarks/count_operations.py --channels=16 --cells=8

Prints a line of JSON with three forms: the two of `MixedEdges`, joined for
GPUs and apart for CPUs, and a layer of its own for each candidate of each
edge, multiplied by its mixing weight, as the method is usually written down.
Of each: all operations of the graph; the kernels that a GPU would start in a
step; operations that it would leave to the host; tensors that would pass
between the two (darts_tf/analysis/graph_placement.py). No GPU is needed.
"""

import functools
import json
from unittest import mock

from darts_tf.config import app
from darts_tf.system import process

process.tune()

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from darts_tf.analysis.gpu_kernels import gpu_kernels  # noqa: E402
from darts_tf.analysis.graph_placement import graph_placement  # noqa: E402
from darts_tf.config.options import config_from_flags, define_flags  # noqa: E402
from darts_tf.layers import mixed_cell  # noqa: E402
from darts_tf.layers.copies import build_operation  # noqa: E402
from darts_tf.search.config import SearchConfig  # noqa: E402
from darts_tf.speed.search_speed import build_measured  # noqa: E402

_TAKEN = ('search_space', 'channels', 'cells', 'batch_size', 'gradient')
_SKIPPED = tuple(
  name for name in SearchConfig().to_dict() if name not in _TAKEN
)
define_flags(SearchConfig, skip=_SKIPPED, defaults={'gradient': 'first_order'})


class OneLayerAnEdge(keras.layers.Layer):
  """Stands in for `MixedEdges`."""

  def __init__(self, candidates, channels, stride, style, **kwargs):
    super().__init__(**kwargs)
    self.edges = [
      [build_operation(name, channels, stride, style) for name in names]
      for names in candidates
    ]

  def build(self, input_shape):
    """Builds all layers."""
    for edge in self.edges:
      for operation in edge:
        operation.build(input_shape)

  def call(self, x, weights, training=None):
    """Returns the weighted sums."""
    return [
      tf.add_n(
        [
          weights[e, k] * operation(x, training=training)
          for k, operation in enumerate(edge)
        ]
      )
      for e, edge in enumerate(self.edges)
    ]


FORMS = {
  'joined': functools.partial(mixed_cell.MixedEdges, apart=False),
  'apart': functools.partial(mixed_cell.MixedEdges, apart=True),
  'one_layer_an_edge': OneLayerAnEdge,
}


def count(config: SearchConfig, form: str) -> dict[str, object]:
  """Counts what is in a step.

  Args:
    config: the search.
    form: one of `FORMS`.
  """
  with mock.patch.object(mixed_cell, 'MixedEdges', FORMS[form]):
    parts, batches = build_measured(config, (32, 32, 3), 10, 1)
    graph = parts.step.search_graph(*next(batches))
  placement = graph_placement(graph, gpu_kernels())
  return {
    'operations': len(graph.get_operations()),
    'gpu_kernels': placement.kernels,
    'left_to_host': sum(placement.on_host.values()),
    'transfers': len(placement.transfers),
  }


def main(unused_argv: list[str]) -> None:
  """Counts and prints."""
  config = config_from_flags(SearchConfig, skip=_SKIPPED)
  counts = {form: count(config, form) for form in FORMS}
  usual = counts['one_layer_an_edge']
  for form in counts.values():
    form['ratio'] = {
      name: round(form[name] / usual[name], 3)
      for name in ('operations', 'gpu_kernels')
    }
  print(json.dumps(counts))


if __name__ == '__main__':
  app.run(main)
