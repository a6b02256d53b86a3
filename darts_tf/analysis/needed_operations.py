"""The operations of a graph that survive pruning."""

import tensorflow as tf


def needed_operations(graph: tf.Graph) -> list[tf.Operation]:
  """Returns the operations that results or effects need, in their order.

  Args:
    graph: of a traced function.
  """
  needed = set()
  waiting = [t.op for t in graph.outputs] + list(graph.control_outputs)
  while waiting:
    op = waiting.pop()
    if op not in needed:
      needed.add(op)
      waiting += [t.op for t in op.inputs] + list(op.control_inputs)
  return [op for op in graph.get_operations() if op in needed]
