"""Options of retraining."""

import dataclasses

from darts_tf.config.options import option
from darts_tf.runs.run_config import RunConfig


@dataclasses.dataclass(frozen=True)
class TrainConfig(RunConfig):
  """Retraining; defaults are those of DARTS on CIFAR-10.

  arXiv:1806.09055, section 3.2 and quark0/darts, train.
  """

  epochs: int = option(600, 'Passes over the training images.', least=1)
  stop_epoch: int | None = option(
    None,
    'Epoch after which this run stops; the schedules are those of'
    ' --epochs, and a run with a later one continues.',
    least=1,
    pinned=False,
  )
  batch_size: int = option(96, 'Images of a step, of all replicas.', least=1)
  channels: int = option(36, "Channels of the first cell's nodes.", least=1)
  cells: int = option(20, 'Number of cells.', least=1)
  stem: str = option('auto', 'conv, conv_1x, strided, imagenet, none, or auto.')
  validation_portion: float = option(
    0.0,
    'Share of the training images that is held out and evaluated after'
    ' each epoch.',
    least=0,
    below=1,
  )
  learning_rate: float = option(0.025, 'Largest learning rate.')
  learning_rate_schedule: str = option(
    'cosine',
    'How the learning rate changes from epoch to epoch.',
    choices=('constant', 'cosine', 'exponential', 'linear'),
  )
  learning_rate_min: float = option(
    0.0, 'Last learning rate of the cosine and linear schedules.', least=0
  )
  learning_rate_decay: float | None = option(
    None, 'Factor an epoch of the exponential schedule; 0.97 by default.'
  )
  warmup_epochs: int = option(
    0, 'Epochs of rising learning rate, of the linear schedule.', least=0
  )
  momentum: float = option(0.9, 'Of SGD.', least=0, below=1)
  nesterov: bool = option(False, 'Whether momentum looks ahead.')
  weight_decay: float = option(3e-4, 'Coupled L2 factor.', least=0)
  clip_norm: float = option(5.0, 'Largest global norm of the gradient.')
  label_smoothing: float = option(
    0.0,
    'Share of each label that is spread over all classes.',
    least=0,
    below=1,
  )
  auxiliary: bool = option(
    False, 'Whether a second classifier takes part in training.'
  )
  auxiliary_weight: float = option(
    0.4, "Weight of the second classifier's loss.", least=0
  )
  auxiliary_norm: bool = option(
    True,
    "Whether the second classifier's last convolution is"
    ' normalized; not in the published ImageNet network.',
  )
  drop_path: float = option(
    0.0,
    'Probability of leaving out an operation, reached at the end.',
    least=0,
    below=1,
  )
  ema: float = option(
    0.0,
    'Momentum of an exponential average of the weights, with which the'
    ' network is evaluated; 0 for none.',
    least=0,
    below=1,
  )
  tensorboard: bool = option(
    False, 'Whether to write logs for TensorBoard.', pinned=False
  )
