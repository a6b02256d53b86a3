"""Options of random search."""

import dataclasses

from darts_tf.config.errors import InputError
from darts_tf.config.options import option
from darts_tf.models.stem import check_stem
from darts_tf.runs.run_config import RunConfig
from darts_tf.search_space.space import search_spaces
from darts_tf.tabular.nas_bench_201 import check_space
from darts_tf.training.config import TrainConfig


@dataclasses.dataclass(frozen=True)
class RandomSearchConfig(RunConfig):
  """Random search, as the baseline of Amended-DARTS (arXiv:1910.11831).

  There, too, 20 architectures are drawn and 2 of them retrained. How long
  and on which images they are compared are choices of this project.
  """

  search_space: str = option('darts', 'Name of a search space.')
  num_samples: int = option(
    20, 'Architectures that are drawn, all different.', least=1
  )
  num_best: int = option(
    2,
    'Architectures that are retrained, the best of the short trainings.',
    least=1,
  )
  short_epochs: int = option(
    5, 'Length of the short training of each architecture.', least=1
  )
  short_portion: float = option(
    0.5,
    'Share of the training images that short trainings use, above 0'
    ' and at most 1.',
  )
  validation_portion: float = option(
    0.2,
    'Share of those images that is held out, and by which'
    ' architectures are compared; between 0 and 1.',
  )
  batch_size: int = option(
    64, 'Images of a step of the short trainings.', least=1
  )
  channels: int | None = option(
    None,
    "Channels of the first cell's nodes in short trainings; by"
    " default the search space's.",
    least=1,
  )
  cells: int | None = option(
    None,
    "Number of cells in short trainings; by default the search space's.",
    least=1,
  )
  stem: str = option('auto', 'conv, conv_1x, strided, imagenet, none, or auto.')
  learning_rate: float = option(
    0.025, 'First learning rate of the short trainings.'
  )
  learning_rate_min: float = option(
    0.001, 'Last learning rate, by a cosine.', least=0
  )
  momentum: float = option(0.9, 'Of SGD.', least=0, below=1)
  weight_decay: float = option(3e-4, 'Coupled L2 factor.', least=0)
  clip_norm: float = option(5.0, 'Largest global norm of the gradient.')
  benchmark_table: str | None = option(
    None,
    'CSV file of published accuracies; the best architecture then has'
    ' that accuracy, and none is retrained. For'
    ' --search_space=nas_bench_201.',
    pinned=False,
  )

  def short_training(self) -> TrainConfig:
    """The options of the short trainings; those that share a name agree."""
    names = {field.name for field in dataclasses.fields(self)} & {
      field.name for field in dataclasses.fields(TrainConfig)
    }
    return TrainConfig(
      epochs=self.short_epochs, **{name: getattr(self, name) for name in names}
    )


def resolve(config: RandomSearchConfig) -> RandomSearchConfig:
  """Fills in what depends on the search space, and checks the rest.

  Args:
    config: the options as given.

  Returns:
    A configuration without `None` for channels and cells.

  Raises:
    InputError: if a name is unknown or a number does not fit.
  """
  space = search_spaces[config.search_space]
  check_stem(config.stem)
  if not 0 < config.short_portion <= 1:
    raise InputError(
      'Not a share of the training images; expected a number above 0 and'
      f' at most 1. Received: short_portion={config.short_portion!r}'
    )
  if not 0 < config.validation_portion < 1:
    raise InputError(
      'Architectures are compared on images that are held out; expected a'
      ' share between 0 and 1. Received:'
      f' validation_portion={config.validation_portion!r}'
    )
  if config.num_best > config.num_samples:
    raise InputError(
      'No more architectures can be kept than are drawn; expected at most'
      f' {config.num_samples}. Received: num_best={config.num_best}'
    )
  if config.benchmark_table is not None:
    check_space(space.name, config.benchmark_table)
  return config.replace(
    channels=config.channels or space.default_channels,
    cells=config.cells or space.default_cells,
  )
