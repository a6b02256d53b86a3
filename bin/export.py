"""Exports a retrained network as a SavedModel.

    python bin/export.py --workdir=runs/retrain

writes `runs/retrain/saved_model`, which takes raw uint8 images and returns
probabilities, reloads it and compares its predictions with the network's.
"""

from absl import flags

from darts_tf import app, process

_WORKDIR = flags.DEFINE_string(
    'workdir', None, 'Work directory of a finished retraining.',
    required=True)
_OUTPUT = flags.DEFINE_string(
    'output', None,
    'Directory of the SavedModel; default: saved_model in --workdir. An'
    ' earlier export is replaced.')

_NUM_COMPARED = 8
_TOLERANCE = 1e-4


def main(argv):
  """Loads, exports and compares."""
  del argv
  # Before TensorFlow is imported: its messages would hide the answer.
  process.tune()
  import numpy as np

  from darts_tf.export import export_network, verify_export
  from darts_tf.training import load_trained
  from darts_tf.workdir import WorkDir

  workdir = WorkDir(_WORKDIR.value)
  network, info = load_trained(workdir.path)
  path = export_network(
      network, info, _OUTPUT.value or workdir.saved_model_path)
  images = np.random.default_rng(0).integers(
      0, 256, (_NUM_COMPARED, *info.image_shape), np.uint8)
  difference = verify_export(path, network, images, info)
  if not difference <= _TOLERANCE:
    raise RuntimeError(
        'The reloaded network predicts something else.'
        f' Received: difference={difference:g}, path={path!r}')
  print(f'SavedModel: {path}')
  print(f'Largest difference of a probability after reloading:'
        f' {difference:.1e}')


if __name__ == '__main__':
  app.run(main)
