"""A function and its gradient, with as little between them as possible."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from darts_tf.compat.tensorflow import (
  followed_once,
  record_operation,
  unrecorded,
)
from darts_tf.graph.called import called
from darts_tf.graph.second_derivative import SecondDerivative

# Their outputs are their inputs.
_PASS = frozenset(('Identity', 'IdentityN', 'PreventGradient', 'StopGradient'))


class FunctionPair(NamedTuple):
  """A function of flat tensors, and its gradient.

  Args:
    structure: of the results, nested.
    differentiable: positions of the results that have a gradient.
    forward: arguments to results, and what the gradient wants besides
      arguments.
    backward: what the gradient wants, and the gradients by the differentiable
      results, to gradients by the arguments that are followed.
    wanted: positions of the arguments that the gradient wants.
    connected: which of the followed arguments have a gradient.
    second: the gradient of the gradient, if there is one.
  """

  structure: Any
  differentiable: tuple[int, ...]
  forward: Callable[..., list[tf.Tensor]]
  backward: Callable[..., list[tf.Tensor]]
  wanted: tuple[int, ...]
  connected: tuple[bool, ...]
  second: SecondDerivative | None = None


def trace(
  body: Callable[..., Any],
  specs: Sequence[tf.TensorSpec],
  followed: Sequence[bool],
  twice: bool = False,
) -> FunctionPair:
  """Traces a body and its gradient.

  A function of TensorFlow keeps for its gradient whatever any gradient by any
  argument could want. Here both are traced in one graph, and cut in two:
  only what crosses the cut is kept.

  Args:
    body: a pure function of flat tensors with nested results.
    specs: shape and type of each argument.
    followed: by which arguments gradients are wanted.
    twice: whether gradients of the gradient may be wanted.

  Returns:
    The pair. TensorFlow calls both functions; it does not inline them.
  """
  graph = tf.Graph()
  with graph.as_default():
    arguments = [tf.compat.v1.placeholder(s.dtype, s.shape) for s in specs]
    sources = [x for x, follows in zip(arguments, followed) if follows]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch(sources)
      structure = body(*arguments)
      results = tf.nest.flatten(structure)
      differentiable = [i for i, y in enumerate(results) if followed_once(y)]
    targets = [results[i] for i in differentiable]
    upstream = [tf.compat.v1.placeholder(y.dtype, y.shape) for y in targets]
    gradients = [None] * len(sources)
    if targets:
      gradients = tape.gradient(targets, sources, output_gradients=upstream)
  cut = _Cut(graph.as_graph_def(), results)
  connected = [gradient is not None for gradient in gradients]
  gradients = [gradient for gradient in gradients if gradient is not None]
  feeds = [*arguments, *upstream]
  names = {x.name: i for i, x in enumerate(arguments)}
  kept = cut.between(gradients, feeds)
  wanted = [names[name] for name in kept if name in names]
  inner = [name for name in kept if name not in names]
  tensor = graph.get_tensor_by_name
  return FunctionPair(
    tf.nest.map_structure(lambda unused: None, structure),
    tuple(differentiable),
    cut.function(arguments, [*results, *map(tensor, inner)]),
    cut.function(
      [*(arguments[i] for i in wanted), *map(tensor, inner), *upstream],
      gradients,
    ),
    tuple(wanted),
    tuple(connected),
    SecondDerivative(body, specs, followed, differentiable) if twice else None,
  )


class _Cut:
  """A graph that is cut behind all that some results are computed from.

  Args:
    graph: the graph.
    results: the results.
  """

  def __init__(self, graph: tf.compat.v1.GraphDef, results: list[tf.Tensor]):
    self._graph = graph
    self._nodes = {node.name: node for node in graph.node}
    self._before = self._sources([y.op.name for y in results], ())

  def between(
    self, gradients: list[tf.Tensor], feeds: list[tf.Tensor]
  ) -> list[str]:
    """Returns the names of tensors before the cut that gradients read."""
    stops = {x.op.name for x in feeds}
    behind = self._sources([g.op.name for g in gradients], stops | self._before)
    read = [g.name for g in gradients]
    for name in behind:
      if name not in self._before:
        read += [x for x in self._nodes[name].input if x[0] != '^']
    found = {}
    for name in map(self._origin, read):
      owner = name.split(':')[0]
      if owner in self._before and self._nodes[owner].op != 'Const':
        found[name] = None
    return list(found)

  def function(
    self, feeds: list[tf.Tensor], fetches: list[tf.Tensor]
  ) -> Callable[..., list[tf.Tensor]]:
    """Returns the part of the graph from some tensors to others."""
    by_feed = {x.name: f'feed_{i}:0' for i, x in enumerate(feeds)}
    part = tf.compat.v1.GraphDef()
    part.versions.CopyFrom(self._graph.versions)
    part.library.CopyFrom(self._graph.library)
    done, pending = set(), [self._origin(y.name) for y in fetches]
    elements = [by_feed.get(name, name) for name in pending]
    for i, x in enumerate(feeds):
      node = part.node.add(name=f'feed_{i}', op='Placeholder')
      node.attr['dtype'].type = x.dtype.as_datatype_enum
      node.attr['shape'].shape.CopyFrom(x.shape.as_proto())
    while pending:
      name = pending.pop()
      owner = name.split(':')[0]
      if name in by_feed or owner in done:
        continue
      done.add(owner)
      node = part.node.add()
      node.CopyFrom(self._nodes[owner])
      del node.input[:]
      for given in self._nodes[owner].input:
        if given.startswith('^'):
          continue  # Here a function begins only when all is there.
        given = self._origin(given)
        node.input.append(by_feed.get(given, given))
        pending.append(given)

    def function(*values):
      inputs = {f'feed_{i}:0': value for i, value in enumerate(values)}
      return tf.graph_util.import_graph_def(
        part, inputs, return_elements=elements, name=''
      )

    return called(function, [tf.TensorSpec(x.shape, x.dtype) for x in feeds])

  def _sources(self, names: Iterable[str], stops) -> set[str]:
    """Returns the nodes from which others are computed, and these."""
    found, pending = set(), list(names)
    while pending:
      name = pending.pop()
      if name in found:
        continue
      found.add(name)
      if name not in stops:
        pending += [
          given.lstrip('^').split(':')[0] for given in self._nodes[name].input
        ]
    return found

  def _origin(self, name: str) -> str:
    """Returns the name of a tensor behind operations that pass it on."""
    owner, _, output = name.partition(':')
    node = self._nodes[owner]
    output = int(output or 0)
    if node.op in _PASS:
      return self._origin(node.input[output])
    return f'{owner}:{output}'


def call(
  pair: FunctionPair, arguments: list[tf.Tensor], followed: Sequence[bool]
) -> Any:
  """Calls the function of a pair where gradient tapes see it.

  Args:
    pair: the pair.
    arguments: flat, like those that it was traced for.
    followed: see `trace`.

  Returns:
    The results, nested.
  """
  with unrecorded():
    values = pair.forward(*arguments)
  count = len(tf.nest.flatten(pair.structure))
  results, inner = values[:count], values[count:]
  wanted = [arguments[i] for i in pair.wanted]

  def first(*upstream):
    found = iter(pair.backward(*wanted, *inner, *upstream))
    return [next(found) if known else None for known in pair.connected]

  # What tapes have followed when the first gradient was taken.
  watched = []

  def second(*upstream):
    if watched:
      # A later gradient computes all again. So what the first one has wanted
      # need not be kept until then.
      gradients = pair.second.gradients(arguments, upstream, watched[0])
    else:
      with unrecorded():
        gradients = first(*upstream)
    followed = pair.second.record(arguments, upstream, gradients)
    if any(followed):
      watched.append(followed)
    return gradients

  record_operation(
    'SharedFunction',
    [results[i] for i in pair.differentiable],
    [x for x, follows in zip(arguments, followed) if follows],
    first if pair.second is None else second,
  )
  return tf.nest.pack_sequence_as(pair.structure, results)
