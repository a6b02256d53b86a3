"""The gradient of a gradient of a function, traced where it is asked for."""

import contextvars
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from darts_tf.compat.tensorflow import (
  followed_once,
  record_operation,
  unrecorded,
)
from darts_tf.graph.called import called


class SecondDerivative:
  """Tells gradient tapes how gradients of a function depend on its arguments.

  Nothing is kept for it but arguments and upstream gradients: it computes the
  function and its gradient once more (arXiv:1604.06174). A mixed second
  derivative that keeps what both passes have computed takes more memory than
  all else in a search.

  Args:
    body: a pure function of flat tensors with nested results.
    specs: shape and type of each argument.
    followed: by which arguments gradients are taken.
    differentiable: positions of the results that have a gradient.
  """

  def __init__(
    self,
    body: Callable[..., Any],
    specs: Sequence[tf.TensorSpec],
    followed: Sequence[bool],
    differentiable: Sequence[int],
  ):
    self._body = body
    # What surrounds the first pass holds for the later ones, too: whether
    # running averages are left alone, say.
    self._context = contextvars.copy_context()
    self._specs = specs
    self._followed = followed
    self._differentiable = differentiable
    self._functions = {}

  def record(
    self,
    arguments: Sequence[tf.Tensor],
    upstream: Sequence[tf.Tensor],
    gradients: Sequence[tf.Tensor | None],
  ) -> tuple[bool, ...]:
    """Lets tapes that follow an argument or a gradient know of gradients.

    Args:
      arguments: of the function.
      upstream: gradients by its differentiable results.
      gradients: by the followed arguments, as they have been computed from
        these without that a tape has seen it; `None` for those without one.

    Returns:
      Which of the arguments a tape follows, and which of `upstream`.
    """
    inputs = [*arguments, *upstream]
    followed = tuple(map(followed_once, inputs))
    outputs = [gradient for gradient in gradients if gradient is not None]
    if not any(followed) or not outputs:
      return followed
    connected = tuple(gradient is not None for gradient in gradients)
    key = 'second', followed
    if key not in self._functions:
      self._functions[key] = self._trace_second(inputs, followed, connected)
    function, known = self._functions[key]

    def second(*upstream):
      found = iter(function(*inputs, *upstream))
      return [next(found) if has_one else None for has_one in known]

    record_operation(
      'SharedGradient',
      outputs,
      [x for x, follows in zip(inputs, followed) if follows],
      second,
    )
    return followed

  def gradients(
    self,
    arguments: Sequence[tf.Tensor],
    upstream: Sequence[tf.Tensor],
    wanted: Sequence[bool],
  ) -> list[tf.Tensor | None]:
    """Returns gradients, by a function that computes all again.

    No tape sees how; see `record`.

    Those that are wanted and the others have a function each. TensorFlow does
    not run the one whose results nobody reads.

    Args:
      arguments: of the function.
      upstream: see `record`.
      wanted: by which arguments gradients will probably be read.

    Returns:
      The gradients by the followed arguments; `None` for those without one.
    """
    found = {}
    for kind in (True, False):
      positions = tuple(
        i
        for i, follows in enumerate(self._followed)
        if follows and bool(wanted[i]) == kind
      )
      if not positions:
        continue
      key = 'first', positions
      if key not in self._functions:
        self._functions[key] = self._trace_first(
          [*arguments, *upstream], positions
        )
      function, known = self._functions[key]
      with unrecorded():
        values = iter(function(*arguments, *upstream))
      found |= {
        i: next(values) if has_one else None
        for i, has_one in zip(positions, known, strict=True)
      }
    return [found[i] for i, follows in enumerate(self._followed) if follows]

  def _trace_first(self, inputs, positions):
    """Traces gradients by some arguments.

    Returns:
      A function of arguments and upstream gradients, and which of the
      gradients there are.
    """
    count = len(self._specs)
    known = []

    def compute(*values):
      values = [tf.identity(value) for value in values]
      sources = [values[i] for i in positions]
      gradients = self._first(values[:count], values[count:], sources)
      known[:] = [gradient is not None for gradient in gradients]
      return [gradient for gradient in gradients if gradient is not None]

    signature = [tf.TensorSpec(x.shape, x.dtype) for x in inputs]
    return called(compute, signature), tuple(known)

  def _first(self, arguments, upstream, sources):
    """Computes the function and gradients by some arguments."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch(sources)
      results = tf.nest.flatten(self._context.run(self._body, *arguments))
    return tape.gradient(
      [results[i] for i in self._differentiable],
      sources,
      output_gradients=upstream,
    )

  def _trace_second(self, inputs, followed, connected):
    """Traces the gradient of the connected gradients.

    Returns:
      A function of inputs and upstream gradients, and which of the followed
      inputs have a gradient.
    """
    count = len(self._specs)
    known = []

    def compute(*values):
      values = [tf.identity(value) for value in values]
      own, upstream = values[: len(inputs)], values[len(inputs) :]
      by = [x for x, follows in zip(own, followed) if follows]
      arguments = own[:count]
      sources = [x for x, f in zip(arguments, self._followed) if f]
      with tf.GradientTape(watch_accessed_variables=False) as outer:
        outer.watch(by)
        gradients = self._first(arguments, own[count:], sources)
      gradients = [g for g, keep in zip(gradients, connected) if keep]
      second = outer.gradient(gradients, by, output_gradients=upstream)
      known[:] = [gradient is not None for gradient in second]
      return [gradient for gradient in second if gradient is not None]

    signature = [tf.TensorSpec(x.shape, x.dtype) for x in inputs]
    sources = [s for s, f in zip(self._specs, self._followed) if f]
    signature += [s for s, keep in zip(sources, connected) if keep]
    return called(compute, signature), tuple(known)
