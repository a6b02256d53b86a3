"""One of several functions, chosen when the graph runs, and its gradient."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from darts_tf.graph import function_pair
from darts_tf.graph.called import called
from darts_tf.graph.function_pair import FunctionPair


def trace(
  bodies: Sequence[Callable[..., Any]],
  specs: Sequence[tf.TensorSpec],
  followed: Sequence[bool],
) -> FunctionPair:
  """Traces bodies of which one runs, and the gradients of each.

  TensorFlow's own gradient of a choice keeps, for each branch, whatever any
  gradient could want, and takes minutes to trace where branches are many.
  Here each body is cut on its own, see `function_pair.trace`. What its gradient
  wants travels in one tensor of the type variant.

  Args:
    bodies: pure functions of the same flat tensors, whose results have the
      same structure, types and shapes.
    specs: shape and type of each argument; shapes are known where an argument
      has a gradient.
    followed: by which arguments gradients are wanted.

  Returns:
    A pair whose first argument is the position of the body that runs, a scalar
    int32.
  """
  pairs = [function_pair.trace(body, specs, followed) for body in bodies]
  structure = pairs[0].structure
  count = len(tf.nest.flatten(structure))
  differentiable = _union(pair.differentiable for pair in pairs)
  wanted = _union(pair.wanted for pair in pairs)
  connected = tuple(map(any, zip(*(pair.connected for pair in pairs))))
  sources = [spec for spec, follows in zip(specs, followed) if follows]
  choice_spec = tf.TensorSpec([], tf.int32)

  def forward_of(pair, arguments):
    values = pair.forward(*arguments)
    return [*values[:count], _packed(values[count:])]

  def forward(choice, *arguments):
    return tf.switch_case(
      choice, [functools.partial(forward_of, pair, arguments) for pair in pairs]
    )

  def backward_of(pair, given, variant, upstream):
    inner = _unpacked(variant, pair.forward.outputs[count:])
    found = iter(
      pair.backward(
        *(given[i] for i in pair.wanted),
        *inner,
        *(upstream[i] for i in pair.differentiable),
      )
    )
    own = [next(found) if known else None for known in pair.connected]
    return [
      tf.zeros(spec.shape, spec.dtype) if gradient is None else gradient
      for gradient, spec, known in zip(own, sources, connected, strict=True)
      if known
    ]

  results = pairs[0].forward.outputs
  upstream_specs = [
    tf.TensorSpec(results[i].shape, results[i].dtype) for i in differentiable
  ]

  def backward(choice, *rest):
    given = dict(zip(wanted, rest))
    variant, *upstream = rest[len(wanted) :]
    upstream = dict(zip(differentiable, upstream, strict=True))
    return tf.switch_case(
      choice,
      [
        functools.partial(backward_of, pair, given, variant, upstream)
        for pair in pairs
      ],
    )

  return FunctionPair(
    structure,
    differentiable,
    called(forward, [choice_spec, *specs]),
    called(
      backward,
      [
        choice_spec,
        *(specs[i] for i in wanted),
        tf.TensorSpec([], tf.variant),
        *upstream_specs,
      ],
    ),
    (0, *(i + 1 for i in wanted)),
    connected,
  )


def _union(positions) -> tuple[int, ...]:
  return tuple(sorted({i for of_pair in positions for i in of_pair}))


def _packed(tensors: list[tf.Tensor]) -> tf.Tensor:
  """Returns tensors as one; none of them as nothing."""
  if not tensors:
    return tf.raw_ops.OptionalNone()
  return tf.raw_ops.OptionalFromValue(components=tensors)


def _unpacked(variant: tf.Tensor, like: Sequence[tf.Tensor]) -> list[tf.Tensor]:
  """Returns the tensors that `_packed` was given.

  Args:
    variant: what it returned.
    like: tensors of their types and shapes.
  """
  if not like:
    return []
  return tf.raw_ops.OptionalGetValue(
    optional=variant,
    output_types=[x.dtype for x in like],
    output_shapes=[x.shape for x in like],
  )
