"""The files in which a retrained network is kept."""

import dataclasses
import json
import os
import tempfile

import keras

from darts_tf.config.errors import RunStateError
from darts_tf.data import DatasetInfo
from darts_tf.models.network import Network
from darts_tf.runs.atomic import explain_disk_errors
from darts_tf.runs.workdir import WorkDir, atomic_write_json


def save_network(network: Network, info: DatasetInfo, workdir: WorkDir) -> None:
  """Writes `network.keras` and `dataset.json`."""
  atomic_write_json(workdir.path / 'dataset.json', dataclasses.asdict(info))
  with tempfile.TemporaryDirectory(dir=workdir.path) as temporary:
    path = os.path.join(temporary, 'network.keras')
    with explain_disk_errors(path):
      network.save(path)
      os.replace(path, workdir.path / 'network.keras')


def load_trained(workdir: str | os.PathLike) -> tuple[Network, DatasetInfo]:
  """Loads the network of a finished retraining.

  Args:
    workdir: the run's directory, or that of a pipeline.

  Returns:
    The network and its data set's description.

  Raises:
    RunStateError: if there is no finished retraining.
  """
  directory = WorkDir(workdir)
  directory.require_run()
  path = directory.path / 'network.keras'
  if not path.exists() and (directory.path / 'train').is_dir():
    return load_trained(directory.path / 'train')  # A run of the pipeline.
  if not path.exists():
    raise RunStateError(
      'The retraining in this directory is not finished: network.keras is'
      ' missing; run the command that started it again.'
      f' Received: workdir={str(workdir)!r}'
    )
  fields = json.loads((directory.path / 'dataset.json').read_text())
  info = DatasetInfo(
    **{
      name: tuple(value) if isinstance(value, list) else value
      for name, value in fields.items()
    }
  )
  return keras.models.load_model(path), info
