"""The network that holds all architectures of a search space."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from darts_tf.graph.shared_functions import SharedFunctions
from darts_tf.layers.form import SupernetForm
from darts_tf.layers.mixed_cell import MixedCell
from darts_tf.layers.mixing_weights import MixingWeights
from darts_tf.layers.operation import WeightView
from darts_tf.models.frame import Frame
from darts_tf.models.stacked_cells import StackedCells
from darts_tf.search_space.space import SearchSpace
from darts_tf.search_space.style import OperationStyle


class Supernet(StackedCells):
  """All architectures of a search space with shared weights.

  The supernet knows nothing of architecture parameters: it is called with
  mixing weights, whatever relaxation made them.

  Args:
    space: the search space.
    image_shape: `(height, width, channels)`.
    num_classes: number of logits.
    channels: channels of each node of the first cell.
    num_cells: number of cells.
    stem: see `darts_tf.models.frame.Frame`.
    style: conventions of the operations; those of the space by default.
    form: how edges mix their candidates.
    auxiliary: whether a second classifier after two thirds of the cells
      takes part in training, as in `Network`.
    auxiliary_norm: see `AuxiliaryHead.last_norm`.
    drop_path: whether edges are dropped in training with the probability
      in the variable `drop_path_rate`, which starts at 0: each sum over
      candidates as a whole (arXiv:1909.09656).
    remat: whether cells compute their activations again for the gradient
      instead of keeping them; gradients can then be taken once only.
    **kwargs: arguments of `keras.Model`.
  """

  def __init__(
    self,
    space: SearchSpace,
    image_shape: tuple[int, int, int],
    num_classes: int,
    channels: int = 16,
    num_cells: int = 8,
    stem: str = 'auto',
    style: OperationStyle | None = None,
    form: SupernetForm = SupernetForm(),
    auxiliary: bool = False,
    auxiliary_norm: bool = True,
    drop_path: bool = False,
    remat: bool = False,
    **kwargs,
  ):
    style = style or space.search_style
    kwargs.setdefault('dtype', style.dtype)
    # Mixing weights keep their precision; layers cast what they read.
    super().__init__(autocast=False, **kwargs)
    self.space = space
    self.form = form
    self.image_shape = tuple(image_shape)
    frame = Frame(
      space, style, tuple(image_shape), num_classes, channels, num_cells, stem
    )
    self.groups = space.groups(num_cells)
    functions = SharedFunctions()
    self.build_stack(
      frame,
      lambda plan, preprocess: MixedCell(
        plan,
        space.topology,
        space.candidates[plan.kind],
        preprocess,
        style,
        form,
        drop_path,
        functions,
        dtype=self.dtype_policy,
        name=f'cell_{plan.index:02d}',
      ),
      space.macro.search_head_units,
      auxiliary,
      auxiliary_norm,
      drop_path,
      remat,
    )
    self.auxiliary_skip_rate = None
    if form.auxiliary_skip:
      self.auxiliary_skip_rate = self.add_weight(
        shape=(),
        initializer='ones',
        trainable=False,
        autocast=False,
        aggregation='only_first_replica',
        name='auxiliary_skip_rate',
      )

  @property
  def rates(self) -> dict[str, keras.Variable]:
    """The variables that change as epochs pass, by name."""
    named = {
      'drop_path': self.drop_path_rate,
      'auxiliary_skip': self.auxiliary_skip_rate,
    }
    return {name: rate for name, rate in named.items() if rate is not None}

  def call(self, images, mixing: Mapping[str, MixingWeights], training=None):
    """Classifies images by the mixture of all architectures.

    Args:
      images: `(batch, height, width, channels)`, normalized.
      mixing: mixing weights of each group of cells.
      training: whether batch statistics are used, and running ones moved;
        drop path and the auxiliary head are in use then, too.

    Returns:
      Logits `(batch, num_classes)`; in training with an auxiliary head a
      pair, the auxiliary logits second.
    """
    mixing_of = lambda cell: mixing[
      self.space.group_of(cell.plan.index, cell.plan.kind)
    ]
    rate = self.auxiliary_skip_rate
    common = (
      {} if rate is None else {'auxiliary_rate': tf.convert_to_tensor(rate)}
    )

    def arguments(cell):
      weights, edge_scale, _ = mixing_of(cell)
      return (weights,) if edge_scale is None else (weights, edge_scale)

    def keywords(cell):
      if not self.form.selects:
        return common
      return {'selected': mixing_of(cell).selected}

    return self.classify(images, arguments, training, keywords)

  def operation_weights(
    self, cell: int, edge: int, operation: str
  ) -> dict[str, WeightView]:
    """The weights of one candidate operation.

    Args:
      cell: position of the cell.
      edge: position of the edge in the topology.
      operation: name of the candidate.

    Returns:
      Name to a view that reads and assigns the weight in the shape of the
      operation alone; empty for operations without weights.
    """
    return self.cells[cell].weight_views(edge, operation)
