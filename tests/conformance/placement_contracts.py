"""Contracts of a step on a GPU, which need none: see `graph_placement`."""

import functools
from unittest import mock

import tiny_runs

from darts_tf.analysis.gpu_kernels import gpu_kernels
from darts_tf.analysis.graph_placement import graph_placement
from darts_tf.layers import mixed_cell
from darts_tf.methods import methods
from darts_tf.speed.search_speed import build_measured


def placement(test, config):
  """Returns where a step would be done, with edges joined as on GPUs."""
  test.enter_context(tiny_runs.quick_graphs())
  joined = functools.partial(mixed_cell.MixedEdges, apart=False)
  with mock.patch.object(mixed_cell, 'MixedEdges', joined):
    parts, batches = build_measured(config, (8, 8, 3), 3, 1)
    graph = parts.step.search_graph(*next(batches))
  return graph_placement(graph, gpu_kernels())


class PlacementContracts:
  """The graph of a step, with the edges of a node joined as on GPUs."""

  def test_stays_on_the_gpu(self):
    """A GPU has kernels for the whole step, and exchanges nothing with the
    host in it."""
    if methods[self.case.method].form.selects:
      self.skipTest('the host reads which branch of a graph is to run')
    result = placement(self, self.case.config())
    self.assertGreater(result.kernels, 100)
    self.assertEqual(result.on_host, {})
    self.assertEqual(result.transfers, ())
