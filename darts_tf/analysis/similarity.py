"""The similarity of the candidates of an edge."""

import itertools
from collections.abc import Mapping, Sequence

from darts_tf.genotype.parameterized import Convolution, Pooling, parse


def similarity(first: str, second: str) -> float:
  r"""Compares two operations by their names (arXiv:1906.07528).

      similarity = (1 + k) / (1 + n)

  for two of one type that agree in k of their n attributes, and 0 for two
  types. Attributes of a convolution `conv_k5_d1_m2-1` are its kernel, its
  dilation, the number of its units and their widths; the widths count as
  one, equal or not as a whole. Those of a pool are its kind and its kernel.
  Any other operation, such as `skip_connect` or `sep_conv_3x3`, has no
  attributes and is a type of its own: it is similar to itself only.

  Args:
    first: name of an operation.
    second: name of another one, or of the same.

  Returns:
    From 0, nothing in common, to 1, the same.
  """
  (type_, attributes), (other_type, others) = map(_described, (first, second))
  if type_ != other_type:
    return 0.0
  equal = sum(a == b for a, b in zip(attributes, others, strict=True))
  return (1 + equal) / (1 + len(attributes))


def edge_similarity(names: Sequence[str]) -> float | None:
  """Averages the similarity over the pairs of an edge's candidates.

  Args:
    names: of the candidates.

  Returns:
    From 0 to 1; `None` if there are fewer than two candidates.
  """
  return _mean([similarity(*pair) for pair in itertools.combinations(names, 2)])


def mean_similarity(
  candidates: Mapping[str, Sequence[Sequence[str]]],
) -> dict[str, float | None]:
  """Averages the similarity of an edge's candidates over edges.

  Args:
    candidates: cell kind to one list of names an edge, as in `SearchSpace`.

  Returns:
    Cell kind to the mean over the edges that have two candidates or more;
    `None` if there is no such edge.
  """
  return {
    kind: _mean(
      [
        value
        for names in edges
        if (value := edge_similarity(names)) is not None
      ]
    )
    for kind, edges in candidates.items()
  }


def _described(name: str) -> tuple[type | str, tuple]:
  """Returns type and attributes of an operation."""
  operation = parse(name)
  if isinstance(operation, Convolution):
    return Convolution, (
      operation.kernel,
      operation.dilation,
      len(operation.widths),
      operation.widths,
    )
  if isinstance(operation, Pooling):
    return Pooling, (operation.kind, operation.kernel)
  return name, ()


def _mean(values: Sequence[float]) -> float | None:
  return sum(values) / len(values) if values else None
