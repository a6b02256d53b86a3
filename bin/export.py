"""Exports a retrained network: SavedModel, TFLite, ONNX.

    python bin/export.py --workdir=runs/retrain \
        --formats=saved_model,tflite,tflite_dynamic,onnx

writes `saved_model`, `network.tflite`, `network_dynamic.tflite` and
`network.onnx` there. All take raw uint8 images and return probabilities.
Each is run, its predictions are compared with the network's, and an image
is timed; `exports.json` receives the figures.
"""

from absl import flags

from darts_tf.config import app
from darts_tf.system import process

_WORKDIR = flags.DEFINE_string(
  'workdir', None, 'Work directory of a finished retraining.', required=True
)
_FORMATS = flags.DEFINE_list(
  'formats',
  ['saved_model'],
  'One or more of saved_model, tflite,'
  ' tflite_dynamic (weights of 8 bits), onnx.',
)
_OUTPUT = flags.DEFINE_string(
  'output',
  None,
  'Path of the export, if there is one format; by default'
  ' its usual name in --workdir. An earlier export is replaced, and so is'
  ' any file.',
)
_IMAGES = flags.DEFINE_enum(
  'images',
  'test',
  ['test', 'random'],
  'Images to compare on: test images'
  " of the run's data set, if they can be read without a download; or"
  ' random ones.',
)
_DATA_DIR = flags.DEFINE_string(
  'data_dir', None, 'Directory of tensorflow_datasets.'
)
_THREADS = flags.DEFINE_integer(
  'threads', 1, 'Threads with which an image is timed.', lower_bound=1
)


def main(argv):
  """Loads, exports and compares."""
  del argv
  # Before TensorFlow is imported: its messages would hide the answer.
  process.tune()
  import dataclasses

  from darts_tf.config.errors import DartsError, InputError
  from darts_tf.export import check_formats, export_formats, formats
  from darts_tf.export.real_images import test_images
  from darts_tf.export.threads import set_threads
  from darts_tf.runs.workdir import WorkDir
  from darts_tf.training import load_trained
  from darts_tf.visualize.exports import export_table

  names = check_formats(_FORMATS.value)
  if _OUTPUT.value and len(names) > 1:
    raise InputError(
      'One path cannot hold several formats; expected --output with one'
      f' format. Received: output={_OUTPUT.value!r},'
      f' formats={",".join(names)}'
    )
  set_threads(_THREADS.value)
  workdir = WorkDir(_WORKDIR.value)
  network, info = load_trained(workdir.path)
  images = None
  if _IMAGES.value == 'test':
    try:
      images = test_images(workdir, info, _DATA_DIR.value)
    except DartsError as error:
      print(f'Random images take the place of test images: {error}')
  records = export_formats(
    network,
    info,
    workdir.path,
    names,
    images,
    paths={names[0]: _OUTPUT.value} if _OUTPUT.value else None,
  )
  for record in records:
    if record.format in names:
      title = formats[record.format].title
      print(f'{title + ":":<15} {workdir.path / record.path}')
  print()
  print(export_table([dataclasses.asdict(record) for record in records]))


if __name__ == '__main__':
  app.run(main)
