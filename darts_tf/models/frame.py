"""The parts of supernets and networks around their cells."""

import dataclasses

from darts_tf.config.errors import InputError
from darts_tf.layers.operation import Operation
from darts_tf.models.head import Head, heads
from darts_tf.models.preprocess import preprocesses
from darts_tf.models.stem import Stem, stems
from darts_tf.search_space.macro import CellPlan
from darts_tf.search_space.space import SearchSpace
from darts_tf.search_space.style import OperationStyle


@dataclasses.dataclass(frozen=True)
class Frame:
  """The parts of a network around its cells.

  Args:
    space: the search space.
    style: conventions of the operations.
    image_shape: `(height, width, channels)`.
    num_classes: number of logits.
    channels: channels of each node of the first cell.
    num_cells: number of cells.
    stem: name of a stem. `auto` stands for the space's own, or for the
      ImageNet stem if that is a convolution and images have 96 or more pixels
      a side.
  """

  space: SearchSpace
  style: OperationStyle
  image_shape: tuple[int, int, int]
  num_classes: int
  channels: int
  num_cells: int
  stem: str = 'auto'

  def __post_init__(self):
    for name in ('channels', 'num_cells'):
      if getattr(self, name) < 1:
        raise InputError(
          f'A network needs at least 1; expected a positive number.'
          f' Received: {name.removeprefix("num_")}={getattr(self, name)}'
        )
    if self.num_classes < 2:
      raise InputError(
        'A classifier needs at least two classes.'
        f' Received: num_classes={self.num_classes}'
      )

  @property
  def plans(self) -> tuple[CellPlan, ...]:
    """The cells in order."""
    return self.space.macro.plan(self.channels, self.num_cells)

  def build_stem(self) -> Stem:
    """Builds the stem and checks that the image survives the reductions."""
    name = self.stem
    if name == 'auto':
      name = self.space.macro.stem
      if name == 'conv' and min(self.image_shape[:2]) >= 96:
        name = 'imagenet'
    if name == 'imagenet' and self.channels % 2:
      raise InputError(
        'The ImageNet stem halves the channels; expected an even number.'
        f' Received: channels={self.channels}'
      )
    stem = stems[name](self.channels, self.style)
    reductions = self.space.macro.reductions(self.num_cells)
    least = stem.stride * 2 ** len(reductions)
    if min(self.image_shape[:2]) < least:
      height, width = self.image_shape[:2]
      raise InputError(
        f'The images are too small: {len(reductions)} reductions and the'
        f' {name!r} stem need at least {least}x{least} pixels.'
        f' Received: image_size={height}x{width}'
      )
    stem.build((None, *self.image_shape))
    return stem

  def preprocess(
    self, plan: CellPlan, previous_reduced: bool
  ) -> list[Operation]:
    """Builds the layers that adapt a cell's inputs."""
    macro = self.space.macro
    halve = macro.reductions_between_cells and plan.index in macro.reductions(
      self.num_cells
    )
    return preprocesses[macro.preprocess](
      plan, previous_reduced, halve, self.style
    )

  def build_cells(self, stem: Stem, make_cell) -> list:
    """Builds the cells on the stem, each on the two before it.

    Args:
      stem: the built stem.
      make_cell: `make_cell(plan, preprocess)` returns a cell.

    Returns:
      The built cells.
    """
    older, newer = stem.compute_output_shape((None, *self.image_shape))
    reduced = stem.reduces
    cells = []
    for plan in self.plans:
      cell = make_cell(plan, self.preprocess(plan, reduced))
      shapes = [older, newer][-self.space.topology.num_inputs :]
      cell.build(shapes)
      older, newer = newer, cell.compute_output_shape(shapes)
      reduced = plan.stride == 2
      cells.append(cell)
    return cells

  def build_head(self, input_shape, hidden: tuple[int, ...]) -> Head:
    """Builds the classifier."""
    return Head(
      self.num_classes,
      self.style,
      input_shape,
      hidden,
      **heads[self.space.macro.head],
    )


def cell_shapes(stem: Stem, cells, image_shape) -> list[tuple]:
  """Returns the shapes of the cells' outputs."""
  older, newer = stem.compute_output_shape((None, *image_shape))
  shapes = []
  for cell in cells:
    inputs = [older, newer][-len(cell.preprocess) :]
    older, newer = newer, cell.compute_output_shape(inputs)
    shapes.append(newer)
  return shapes
