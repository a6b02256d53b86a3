"""Real images on which an exported network is compared."""

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.data import DatasetInfo
from darts_tf.distribution.run_data import load_data
from darts_tf.runs.run_config import RunConfig
from darts_tf.runs.workdir import WorkDir

# Test images on which exports are compared.
COMPARED = 256


def test_images(
  workdir: WorkDir, info: DatasetInfo, data_dir: str | None = None
) -> np.ndarray:
  """Returns the first test images of a run's data set.

  Nothing is downloaded.

  Args:
    workdir: of the retraining, or of a pipeline.
    info: of the data set.
    data_dir: directory of tensorflow_datasets.

  Returns:
    uint8 `(n, height, width, channels)`, n up to `COMPARED`.

  Raises:
    InputError: if the images are not there, or are of another shape.
  """
  config = workdir.read_config()
  # A pipeline's has a part for each half of its job.
  config = config.get('training', config)
  data = load_data(
    RunConfig(
      dataset=config['dataset'],
      image_size=config.get('image_size'),
      seed=config.get('seed', 0),
      data_dir=data_dir,
      download=False,
    )
  )
  if data.info.image_shape != info.image_shape:
    raise InputError(
      'The images have changed since the run; expected the shape'
      f' {info.image_shape}. Received: dataset={config["dataset"]!r} with'
      f' image_shape={data.info.image_shape}'
    )
  return data.x_test[:COMPARED]
