"""Options that searches and retraining share."""

import dataclasses

from darts_tf.config.imports import import_files
from darts_tf.config.options import Options, option


@dataclasses.dataclass(frozen=True)
class RunConfig(Options):
  """The data and the devices of a run; see the `help` of each option."""

  dataset: str = option(
    'digits',
    'digits, any name of tensorflow_datasets, folder:PATH with'
    ' one sub-folder a class, or FILE.npz.',
  )
  data_dir: str | None = option(
    None, 'Directory of tensorflow_datasets.', pinned=False
  )
  download: bool = option(
    True, 'Whether a data set may be downloaded.', pinned=False
  )
  image_size: int | None = option(
    None, 'Resize images to this height and width.', least=1
  )
  imports: str | None = option(
    None,
    'Python files that register parts, search spaces or operations,'
    ' separated by commas; they run before anything else.',
    pinned=False,
    flag='import',
  )
  seed: int = option(
    0,
    'Seed of initial weights, splits, order and augmentation.',
    least=0,
    below=2**32,
  )
  deterministic: bool = option(True, 'Whether equal runs give equal bits.')
  precision: str | None = option(
    None,
    'Type in which layers compute; in the mixed ones weights, alphas,'
    ' softmax, statistics and second derivatives keep 32 bits. By default'
    ' float32.',
    choices=('float32', 'float64', 'mixed_bfloat16', 'mixed_float16'),
  )
  xla: bool = option(
    False,
    'Whether XLA compiles the step, with --nodeterministic. For'
    ' GPUs: on CPUs depthwise convolutions are many times slower with it.',
  )
  remat: bool = option(
    False,
    'Whether cells compute their activations a second time for the'
    ' gradient instead of keeping them: less memory, more time.',
  )
  strategy: str = option(
    'default',
    'One device; all of this machine; or all of the machines that'
    ' TF_CONFIG lists.',
    choices=('default', 'mirrored', 'multi_worker'),
  )
  virtual_devices: int = option(
    0,
    'Divide the CPU into this many devices, to try --strategy=mirrored'
    ' without a GPU.',
    least=0,
  )
  synchronized_batch_norm: bool = option(
    True, 'Whether batch statistics are those of all replicas together.'
  )
  steps_per_execution: int = option(
    1,
    'Steps that run in one call of TensorFlow: faster if they are short,'
    ' with the same result. In retraining the largest number up to this one'
    ' that divides an epoch.',
    least=1,
    pinned=False,
  )
  crop_padding: int | None = option(
    None,
    'Pixels of padding before a random crop; by default a choice'
    ' that suits the data set.',
    least=0,
  )
  flip: bool | None = option(
    None,
    'Whether images are mirrored at random; by default a choice that'
    ' suits the data set.',
  )
  resized_crop: bool = option(
    False,
    'Whether crops of random size and shape are resized to the size of'
    ' the image, in the place of crops from padded images.',
  )
  color_jitter: float = option(
    0.0,
    'Strength of random changes of brightness, contrast and saturation,'
    ' and half of it of the hue, of colour images; 0.4 is usual for'
    ' ImageNet.',
    least=0,
  )
  cutout: int = option(
    0, 'Side of the square that is cut out of each image; 0 for none.', least=0
  )
  steps_per_epoch: int | None = option(
    None, 'Steps of an epoch; by default as many as there are batches.', least=1
  )

  def __post_init__(self):
    # Files are imported before any name is looked up, wherever the
    # configuration is made: also in the processes that a study starts.
    if self.imports:
      import_files(self.imports)
    super().__post_init__()


SHARED = (
  'dataset',
  'imports',
  'data_dir',
  'download',
  'image_size',
  'seed',
  'deterministic',
  'precision',
  'xla',
  'remat',
  'strategy',
  'virtual_devices',
  'synchronized_batch_norm',
  'steps_per_execution',
)
