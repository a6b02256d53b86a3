r"""Shows a genotype and what its network costs.

    python bin/describe.py --genotype=DARTS_V2
    python bin/describe.py --genotype=DARTS_V2 --dataset_preset=imagenet \
        --channels=48 --cells=14

prints parameters, multiply-additions of one image and the cells.
"""

import json

from absl import flags

from darts_tf.config import app
from darts_tf.system import process

# Image shape, classes, and whether the auxiliary head ends with a
# normalization.
_PRESETS = {
  'cifar10': ((32, 32, 3), 10, True),
  'imagenet': ((224, 224, 3), 1000, False),
}

_GENOTYPE = flags.DEFINE_string(
  'genotype',
  None,
  'A published name, e.g. DARTS_V2, a genotype file, or random:SPACE:SEED.',
  required=True,
)
_PRESET = flags.DEFINE_enum(
  'dataset_preset',
  'cifar10',
  list(_PRESETS),
  'Images and classes: cifar10: 32x32x3, 10; imagenet: 224x224x3, 1000.',
)
_CHANNELS = flags.DEFINE_integer(
  'channels', 36, 'Channels of each node of the first cell.', lower_bound=1
)
_CELLS = flags.DEFINE_integer('cells', 20, 'Number of cells.', lower_bound=1)
_NUM_CLASSES = flags.DEFINE_integer(
  'num_classes',
  None,
  'Number of classes; default: that of the preset.',
  lower_bound=2,
)
_IMAGE_SIZE = flags.DEFINE_integer(
  'image_size',
  None,
  'Height and width of the images; default: those of the preset.',
  lower_bound=1,
)
_STEM = flags.DEFINE_string(
  'stem',
  'auto',
  'Stem of the network; auto: that of the search space, or for large'
  ' images the ImageNet stem.',
)
_JSON = flags.DEFINE_bool('json', False, 'Print one JSON object instead.')


def _describe(genotype) -> dict:
  """Builds the network and returns what is known of it."""
  from darts_tf.analysis import describe_network
  from darts_tf.models import Network

  image_shape, num_classes, auxiliary_norm = _PRESETS[_PRESET.value]
  if _IMAGE_SIZE.value is not None:
    image_shape = (_IMAGE_SIZE.value, _IMAGE_SIZE.value, image_shape[-1])
  if _NUM_CLASSES.value is not None:
    num_classes = _NUM_CLASSES.value
  network = Network(
    genotype,
    image_shape,
    num_classes,
    _CHANNELS.value,
    _CELLS.value,
    stem=_STEM.value,
    auxiliary_norm=auxiliary_norm,
  )
  return {
    'genotype': _GENOTYPE.value,
    'search_space': genotype.search_space,
    'image_shape': list(image_shape),
    'num_classes': num_classes,
    'channels': _CHANNELS.value,
    'num_cells': _CELLS.value,
    'stem': _STEM.value,
    **describe_network(network),
    'architecture': genotype.to_dict(),
  }


def _table(values: dict, genotype) -> str:
  """Returns the text for people."""
  auxiliary = values['parameters_with_auxiliary']
  rows = (
    ('genotype', values['genotype']),
    ('images', 'x'.join(map(str, values['image_shape']))),
    ('classes', values['num_classes']),
    ('channels, cells', f'{values["channels"]}, {values["num_cells"]}'),
    ('stem', values['stem']),
    ('parameters', f'{values["parameters"]:,}'),
    (
      'with auxiliary head',
      'none: the map is too small' if auxiliary is None else f'{auxiliary:,}',
    ),
    ('multiply-additions', f'{values["multiply_adds"]:,}'),
  )
  lines = [f'{name:<20} {value}' for name, value in rows]
  return '\n'.join([*lines, '', genotype.pretty()])


def main(argv):
  """Prints the description."""
  del argv
  # Before TensorFlow is imported: its messages would hide the answer.
  process.tune()
  from darts_tf.discretize import find_genotype

  genotype = find_genotype(_GENOTYPE.value)
  values = _describe(genotype)
  print(json.dumps(values) if _JSON.value else _table(values, genotype))


if __name__ == '__main__':
  app.run(main)
