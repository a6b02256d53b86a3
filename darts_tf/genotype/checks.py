"""Checks of a cell that hold in any search space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from darts_tf.config.errors import InputError

if TYPE_CHECKING:
  from darts_tf.genotype.cell import CellGenotype


def check_cell(cell: CellGenotype) -> None:
  """Checks what holds for a cell in any search space.

  Raises:
    InputError: if there are no edges or no output nodes, a number is
      negative, an edge does not lead forwards, or an output is repeated.
  """
  for name, values in (('edges', cell.edges), ('output', cell.output)):
    if not values:
      raise InputError(
        f'A cell needs {name}; expected at least one. Received: {name}=[]'
      )
  for edge in cell.edges:
    if edge.source < 0 or edge.target < 0:
      raise InputError(
        'Negative node number; expected nodes numbered from 0.'
        f' Received: edge={list(edge)}'
      )
    if edge.source >= edge.target:
      raise InputError(
        'The edge makes a cycle: its source does not come before its'
        f' target; expected {edge.source} < target.'
        f' Received: edge={list(edge)}'
      )
  if min(cell.output) < 0:
    raise InputError(
      'Negative node number; expected nodes numbered from 0.'
      f' Received: output={list(cell.output)}'
    )
  if len(set(cell.output)) < len(cell.output):
    raise InputError(
      'A node is repeated in the output; expected each node once.'
      f' Received: output={list(cell.output)}'
    )
