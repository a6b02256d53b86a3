"""The stacking of cells into a network."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class CellPlan:
  """One cell of a network.

  Args:
    index: position in the network.
    kind: `normal` or `reduce`; the cell has the candidates of its kind.
    channels: channels of each node.
    stride: 2 if the cell halves height and width, else 1.
  """

  index: int
  kind: str
  channels: int
  stride: int


@dataclasses.dataclass(frozen=True)
class MacroLayout:
  """Order, widths and frame of the cells.

  Reduction cells stand at one and two thirds of the depth, `L // 3` and
  `2 L // 3`; channels double there, or one cell later.

  Args:
    stem: name of the stem (see `darts_tf.models.stem`).
    preprocess: name of the adaptation of cell inputs (see
      `darts_tf.models.preprocess`).
    head: name of the classifier (see `darts_tf.models.head`).
    double_after_reduction: whether channels double in the cell after a
      reduction instead of inside it.
    reductions_between_cells: whether height and width are halved by a
      residual block between stages, so that all cells are normal.
    search_head_units: units of hidden layers of the supernet's classifier.
    network_head_units: the same for the discrete network.
  """

  stem: str = 'conv'
  preprocess: str = 'darts'
  head: str = 'linear'
  double_after_reduction: bool = False
  reductions_between_cells: bool = False
  search_head_units: tuple[int, ...] = ()
  network_head_units: tuple[int, ...] = ()

  def reductions(self, num_cells: int) -> tuple[int, ...]:
    """Returns the indices of cells at (or before) which the size halves."""
    return tuple(sorted({num_cells // 3, 2 * num_cells // 3}))

  def plan(self, channels: int, num_cells: int) -> tuple[CellPlan, ...]:
    """Returns the cells of a network in order.

    Args:
      channels: channels of each node of the first cell.
      num_cells: number of cells.

    Returns:
      One `CellPlan` a cell.
    """
    reductions = self.reductions(num_cells)
    plans = []
    for index in range(num_cells):
      passed = sum(
        r < index if self.double_after_reduction else r <= index
        for r in reductions
      )
      reduces = index in reductions and not self.reductions_between_cells
      plans.append(
        CellPlan(
          index=index,
          kind='reduce' if reduces else 'normal',
          channels=channels * 2**passed,
          stride=2 if reduces else 1,
        )
      )
    return tuple(plans)
