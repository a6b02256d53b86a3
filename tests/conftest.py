"""Two logical CPU devices for every test, set once per process.

Graphs and threads are as in the programs: rewriting graphs costs most of the
time of a test.
"""

import gc
import os

import pytest

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')


def pytest_configure(config):
  del config
  import tensorflow as tf
  from absl import flags

  from darts_tf.system import process

  # absl's test cases read flags, which pytest does not parse.
  flags.FLAGS.mark_as_parsed()
  cpu = tf.config.list_physical_devices('CPU')[0]
  tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
  )
  process.configure_tensorflow()


@pytest.fixture(autouse=True, scope='module')
def _only_new_garbage():
  """Lets collections within a module look at what is made in it only.

  Hundreds of graphs leave so many objects that looking at all of them
  again and again would take half of the time.
  """
  gc.collect()
  gc.freeze()
  yield
  gc.unfreeze()
