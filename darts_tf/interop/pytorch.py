"""Loading weights of the published PyTorch implementation."""

from collections.abc import Mapping

import numpy as np

from darts_tf.config.errors import InputError
from darts_tf.interop.names import from_torch_layout, torch_weights
from darts_tf.models.network import Network
from darts_tf.models.supernet import Supernet

# Kept by PyTorch, used by nothing here.
_IGNORED = 'num_batches_tracked'
_STATISTICS = ('running_mean', 'running_var')


def load_pytorch_weights(
  model: Supernet | Network, arrays: Mapping[str, np.ndarray]
) -> None:
  """Loads weights that are named and laid out as in quark0/darts.

  Supernets of NAS-Bench-201 have the names of D-X-Y/AutoDL-Projects; see
  `darts_tf.interop.names`.

  Args:
    model: a supernet or network of the `darts` kind, or a supernet of the
      `nas_bench_201` kind, of the same size.
    arrays: PyTorch parameter (and buffer) name to array, as in a
      `state_dict`. Running statistics may be absent: they then keep their
      values. A leading `module.` is ignored.

  Raises:
    InputError: if a weight of the model is missing, if an array belongs to
      no weight, or if shapes differ; nothing has been loaded then.
  """
  given = {
    name.removeprefix('module.'): np.asarray(array)
    for name, array in arrays.items()
    if not name.endswith(_IGNORED)
  }
  views = dict(torch_weights(model))
  missing = [
    name
    for name in views
    if name not in given and not name.endswith(_STATISTICS)
  ]
  unused = [name for name in given if name not in views]
  for problem, names in (
    ('are missing', missing),
    ('belong to no weight of the model', unused),
  ):
    if names:
      shown = ', '.join(names[:3]) + (', …' if len(names) > 3 else '')
      raise InputError(
        f'{len(names)} arrays {problem}: {shown}; expected the weights of'
        f' the same genotype, channels and cells.'
        f' Received: arrays={len(given)}'
      )
  loaded = []
  for name, array in given.items():
    view = views[name]
    shape = view.read().shape
    value = from_torch_layout(array, shape)
    if value.shape != shape:
      raise InputError(
        f'The weight {name!r} has another shape; expected'
        f' {shape} after transposition. Received: shape={value.shape}'
      )
    loaded.append((view, value))
  for view, value in loaded:
    view.assign(value)


def pytorch_weights(model: Supernet | Network) -> dict[str, np.ndarray]:
  """The model's weights, by the names of the published implementation.

  Args:
    model: a supernet or network of the `darts` kind.

  Returns:
    Name to array in TensorFlow's order of axes.
  """
  return {name: view.read() for name, view in torch_weights(model)}
