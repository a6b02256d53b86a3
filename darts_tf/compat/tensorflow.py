"""Private parts of TensorFlow."""

import contextlib
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from darts_tf.compat.private import Private

WRITTEN_FOR = 'TensorFlow 2.21'

_REGISTRY = Private(
  WRITTEN_FOR,
  'tensorflow.python.framework.ops:gradient_registry._registry',
  None,
  'graph.custom_gradient, to give the memory of graphs back',
)
_CONSTANTS = Private(
  WRITTEN_FOR,
  'tensorflow.python.framework.convert_to_constants'
  ':convert_variables_to_constants_v2',
  ('func', 'lower_control_flow', 'aggressive_inlining'),
  'export.frozen, for graphs that converters read',
)
_DEVICES = Private(
  WRITTEN_FOR,
  'tensorflow.python.client.device_lib:list_local_devices',
  ('session_config',),
  'system.memory_meter, for the memory of a GPU',
)
_KERNELS = Private(
  WRITTEN_FOR,
  'tensorflow.python.framework.kernels:get_all_registered_kernels',
  (),
  'analysis.gpu_kernels, for the table of kernels',
)
_MERGE_CALL = Private(
  WRITTEN_FOR,
  'tensorflow:__internal__.distribute.interim.maybe_merge_call',
  ('fn', 'strategy', 'args', 'kwargs'),
  'optimizers.pytorch, to update variables where they live',
)
_GET_FUNCTION = Private(
  WRITTEN_FOR,
  'tensorflow:Graph._get_function',
  ('self', 'name'),
  'analysis.graph_cost, for the graphs of called functions',
)
_TO_GRAPH = Private(
  WRITTEN_FOR,
  'tensorflow.python.framework.function_def_to_graph:function_def_to_graph',
  (
    'fdef',
    'structured_input_signature',
    'structured_outputs',
    'input_shapes',
    'propagate_device_spec',
    'include_library_functions',
  ),
  'analysis.graph_cost, for the graphs of functions that were imported',
)
_GRADIENT_TYPES = Private(
  WRITTEN_FOR,
  'tensorflow.python.ops.gradients_util:PossibleTapeGradientTypes',
  ('tensors',),
  'graph.shared_functions, to compute the gradients that are wanted',
)
_RECORD = Private(
  WRITTEN_FOR,
  'tensorflow.python.eager.record:record_operation_backprop_only',
  ('op_type', 'output_tensors', 'input_tensors', 'backward_function'),
  'graph.function_pair, to give functions gradients of our own',
)
_UNRECORDED = Private(
  WRITTEN_FOR,
  'tensorflow.python.eager.record:stop_recording',
  (),
  'graph.function_pair, to call such functions',
)

PRIVATE = (
  _REGISTRY,
  _CONSTANTS,
  _DEVICES,
  _KERNELS,
  _MERGE_CALL,
  _GET_FUNCTION,
  _TO_GRAPH,
  _GRADIENT_TYPES,
  _RECORD,
  _UNRECORDED,
)


def gradient_registry() -> dict[str, dict[str, Any]]:
  """Returns the registered gradients by name; empty if they are hidden.

  Without them graphs stay in memory, which is no reason to end a run.
  """
  try:
    return _REGISTRY.get()
  except RuntimeError:
    return {}


def convert_to_constants(function: Any) -> Callable[..., Any]:
  """Returns a concrete function whose variables are constants."""
  return _CONSTANTS.get()(function)


def gpu_memory_bytes() -> int:
  """Returns what TensorFlow may take of the first GPU.

  Raises:
    StopIteration: if there is none.
  """
  return next(
    device.memory_limit
    for device in _DEVICES.get()()
    if device.device_type == 'GPU'
  )


def registered_kernels() -> Any:
  """Returns the kernels of this build, as protocol buffers."""
  return _KERNELS.get()().kernel


def merge_call(
  function: Callable, strategy: tf.distribute.Strategy, *arguments: Any
) -> Any:
  """Calls a function for all replicas at once, where there are several.

  Args:
    function: takes the strategy and the arguments.
    strategy: of the replicas.
    *arguments: what each replica has.
  """
  return _MERGE_CALL.get()(function, strategy, *arguments)


def function_graph(op: tf.Operation, name: str) -> tf.Graph:
  """Returns the graph of a function that an operation calls.

  Args:
    op: the operation.
    name: of the function.
  """
  function = _GET_FUNCTION.get()(op.graph, name)
  if hasattr(function, 'graph'):
    return function.graph
  # One that came with an imported graph has a definition only.
  definition = function.definition
  count = len(definition.signature.input_arg)
  shapes = [x.shape for x in op.inputs][-count:] if count else []
  with op.graph.as_default():
    return _TO_GRAPH.get()(
      definition,
      input_shapes=shapes if len(shapes) == count else None,
      include_library_functions=True,
    )


def followed_once(tensor: tf.Tensor) -> bool:
  """Returns whether a gradient tape follows a tensor here and now."""
  return _GRADIENT_TYPES.get()([tensor]) > 0


def followed_twice(tensors: list[tf.Tensor]) -> bool:
  """Returns whether gradients of gradients may be taken by some tensors.

  That is so within two tapes, or within a persistent one.
  """
  return _GRADIENT_TYPES.get()(tensors) > 1


def record_operation(
  name: str,
  outputs: list[tf.Tensor],
  inputs: list[tf.Tensor],
  gradient: Callable[..., list[tf.Tensor | None]],
) -> None:
  """Tells all gradient tapes how outputs depend on inputs.

  Args:
    name: of the computation.
    outputs: what it has returned.
    inputs: what it was given.
    gradient: gradients by the outputs to gradients by the inputs.
  """
  _RECORD.get()(name, outputs, inputs, gradient)


def unrecorded() -> contextlib.AbstractContextManager:
  """Keeps all gradient tapes from seeing what is computed within."""
  return _UNRECORDED.get()()
