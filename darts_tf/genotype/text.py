"""Genotypes as text: NAS-Bench-201 strings and listings for terminals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from darts_tf.config.errors import InputError

if TYPE_CHECKING:
  from darts_tf.genotype import Genotype

_SPACE = 'nas_bench_201'
_NODES = 3
_FORM = '|op~0|+|op~0|op~1|+|op~0|op~1|op~2|'
_ITEM = re.compile(r'([A-Za-z0-9_.-]+)~(\d+)')


def parse_nas_bench_201(text: str) -> list[tuple[str, int, int]]:
  """Reads the edges of a cell in the notation of NAS-Bench-201.

  The notation (arXiv:2001.00326) lists, for each of the nodes 1, 2 and 3,
  an operation for each node before it.

  Args:
    text: e.g. `|skip_connect~0|+|none~0|none~1|+|none~0|none~1|none~2|`.

  Returns:
    `(operation, source, target)` by target, then source.

  Raises:
    InputError: if the text has another form.
  """
  if not isinstance(text, str):
    raise _malformed('is not text', text)
  nodes = text.strip().split('+')
  if len(nodes) != _NODES:
    raise _malformed(f'has {len(nodes)} nodes instead of {_NODES}', text)
  edges = []
  for target, node in enumerate(nodes, 1):
    if len(node) < 2 or node[0] != '|' or node[-1] != '|':
      raise _malformed(f'does not enclose node {target} in bars', text)
    items = [_ITEM.fullmatch(item) for item in node[1:-1].split('|')]
    if None in items:
      raise _malformed(
        f'has an edge into node {target} that is not operation~source', text
      )
    sources = [int(item[2]) for item in items]
    if sources != list(range(target)):
      raise _malformed(
        f'joins node {target} with nodes {sources} instead of'
        f' {list(range(target))}',
        text,
      )
    edges += [
      (item[1], source, target)
      for source, item in zip(sources, items, strict=True)
    ]
  return edges


def _malformed(what: str, text: object) -> InputError:
  return InputError(
    f'The NAS-Bench-201 string {what}; expected the form {_FORM}.'
    f' Received: text={text!r}'
  )


def format_nas_bench_201(genotype: Genotype) -> str:
  """Writes a genotype in the notation of NAS-Bench-201.

  Args:
    genotype: of the space `nas_bench_201`. An absent edge is written
      `none`, which is the same function, and so are those that leave a
      missing node.

  Returns:
    The text that `parse_nas_bench_201` reads.

  Raises:
    InputError: if the genotype is of another space, or joins two nodes
      twice, or has an output that the notation cannot say, or none at all.
  """
  if genotype.search_space != _SPACE:
    raise InputError(
      f'The genotype is of another search space; expected {_SPACE!r}.'
      f' Received: search_space={genotype.search_space!r}'
    )
  cell = genotype.cells['normal']
  if cell.output != (_NODES,):
    raise InputError(
      'NAS-Bench-201 strings cannot say which nodes are the output;'
      f' expected output {_NODES}. Received: output={list(cell.output)}'
    )
  operations = {}
  for operation, source, target in cell.live(1).edges:
    if (source, target) in operations:
      raise InputError(
        'NAS-Bench-201 strings hold one operation for each pair of nodes;'
        f' expected one edge from {source} to {target}.'
        f' Received: edges={[list(e) for e in cell.edges]}'
      )
    operations[source, target] = operation
  nodes = (
    '|'.join(
      f'{operations.get((source, target), "none")}~{source}'
      for source in range(target)
    )
    for target in range(1, _NODES + 1)
  )
  return '+'.join(f'|{node}|' for node in nodes)


def format_pretty(genotype: Genotype) -> str:
  """Lists a genotype by cell and node, in several lines, for terminals.

  The number of input nodes is not part of a genotype: all nodes before the
  first one that an edge leads to, or that is an output, count as inputs.
  """
  lines = [f'search space: {genotype.search_space}']
  for name, cell in genotype.cells.items():
    lines.append(f'{name}: output of nodes {_listed(cell.output)}')
    targets = {edge.target for edge in cell.edges}
    first = min(targets | set(cell.output))
    edges = [cell.edges[position] for position in cell.live_edges(first)]
    reached = {edge.target for edge in edges}
    used = {edge.source for edge in cell.edges} | targets | set(cell.output)
    for node in sorted(node for node in used if node >= first):
      inputs = ' + '.join(
        f'{edge.operation}({edge.source})' for edge in cell.incoming(node)
      )
      if node in reached:
        lines.append(f'  node {node} = {inputs}')
      else:
        lines.append(f'  node {node} is missing{": " * bool(inputs)}{inputs}')
  return '\n'.join(lines)


def _listed(numbers: tuple[int, ...]) -> str:
  return ', '.join(str(number) for number in numbers)
