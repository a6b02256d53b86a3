"""Private parts of other libraries that this package relies on."""

import keras
import keras_tuner
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.compat import keras as of_keras
from darts_tf.compat import keras_tuner as of_keras_tuner
from darts_tf.compat import tensorflow as of_tensorflow
from darts_tf.compat.private import Private
from darts_tf.models import Network
from darts_tf.optimizers.pytorch import PyTorchOptimizer
from darts_tf.tuner import ArchitectureHyperband, ArchitectureOracle

MODULES = (of_keras, of_keras_tuner, of_tensorflow)
# Ours, and what Keras or Keras Tuner calls in them.
OVERRIDDEN = (
  (Network, keras.Model, '_maybe_symbolic_build'),
  (PyTorchOptimizer, keras.optimizers.Optimizer, '_backend_apply_gradients'),
  (PyTorchOptimizer, keras.optimizers.Optimizer, '_clip_gradients'),
  (ArchitectureOracle, keras_tuner.Oracle, '_compute_values_hash'),
  (ArchitectureOracle, keras_tuner.Oracle, '_check_consecutive_failures'),
  (
    ArchitectureHyperband,
    keras_tuner.oracles.HyperbandOracle,
    '_random_values',
  ),
)


def built_optimizer():
  optimizer = keras.optimizers.SGD(use_ema=True)
  optimizer.build([keras.Variable([1.0])])
  return optimizer


class PrivateTest(parameterized.TestCase):
  @parameterized.named_parameters(
    (private.path, private) for module in MODULES for private in module.PRIVATE
  )
  def test_is_as_it_was(self, private):
    private.check()

  @parameterized.named_parameters(
    *(
      (name, built_optimizer, name, of_keras.WRITTEN_FOR)
      for name in of_keras.OPTIMIZER_ATTRIBUTES
    ),
    *(
      (
        name,
        lambda: keras_tuner.oracles.RandomSearchOracle('val_accuracy'),
        name,
        of_keras_tuner.WRITTEN_FOR,
      )
      for name in of_keras_tuner.ORACLE_ATTRIBUTES
    ),
  )
  def test_attribute(self, make, name, version):
    self.assertTrue(
      hasattr(make(), name), f'Written for {version}; {name} is gone'
    )

  @parameterized.named_parameters(
    (name, ours, theirs, name) for ours, theirs, name in OVERRIDDEN
  )
  def test_override_takes_what_it_is_given(self, ours, theirs, name):
    listed = [
      private
      for module in MODULES
      for private in module.PRIVATE
      if private.path.endswith(f'.{name}')
    ]
    self.assertLen(listed, 1)
    self.assertIsNot(getattr(ours, name), getattr(theirs, name))
    Private(
      listed[0].library,
      f'{ours.__module__}:{ours.__name__}.{name}',
      listed[0].parameters,
      'Keras',
    ).check()

  def test_registry_of_gradients(self):
    registry = of_tensorflow.gradient_registry()
    self.assertIsInstance(registry, dict)
    self.assertIn('MatMul', registry)
    self.assertIn('type', registry['MatMul'])


class MessagesTest(parameterized.TestCase):
  @parameterized.parameters('json:no_such_name', 'no_such_module:name')
  def test_gone(self, path):
    with self.assertRaisesRegex(
      RuntimeError, f'Written for JSON 7; {path} is gone. Used by us'
    ):
      Private('JSON 7', path, None, 'us').check()

  def test_other_parameters(self):
    with self.assertRaisesRegex(
      RuntimeError,
      'Written for JSON 7; json:loads takes other parameters: expected text,'
      ' found s, .*Used by us',
    ):
      Private('JSON 7', 'json:loads', ('text',), 'us').check()


if __name__ == '__main__':
  tf.test.main()
