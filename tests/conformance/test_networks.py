"""Each search space from a genotype to what is served."""

import numpy as np
import tensorflow as tf
import tiny_runs
from conformance_cases import CHANNELS, cases_of_spaces, fewest_cells, generate

from darts_tf.discretize import random_genotype
from darts_tf.distribution.strategy import seed_everything
from darts_tf.export import export_network, verify_export
from darts_tf.genotype import Genotype
from darts_tf.search_space import search_spaces
from darts_tf.training import TrainConfig, run_training
from darts_tf.training.build import build_training


class NetworkContracts:
  """A network of a drawn genotype, trained for a step and exported."""

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    stack = tiny_runs.prepare_class(cls, num_train=40, num_test=16)
    space = search_spaces[cls.case.space]
    cells = fewest_cells(space.name)
    cls.genotype = random_genotype(space, 0, cells)
    cls.trained = run_training(
      TrainConfig(
        channels=CHANNELS,
        cells=cells,
        epochs=1,
        steps_per_epoch=1,
        batch_size=8,
      ),
      cls.genotype,
      cls.directory / 'train',
      cls.data,
      verbose=False,
    )
    stack.callback(lambda: delattr(cls, 'trained'))

  def test_trains(self):
    """A network of the space trains; the step moves its weights."""
    network = self.trained.network
    self.assertTrue(np.isfinite(self.trained.test_loss))
    self.assertTrue(np.isfinite(self.trained.metrics[0]['train_loss']))
    # Training is seeded, so this is where it started.
    config = self.trained.config
    seed_everything(config)
    fresh, _, _ = build_training(config, self.genotype, self.data)
    pairs = list(
      zip(
        [v.numpy() for v in fresh.trainable_variables],
        [v.numpy() for v in network.trainable_variables],
        strict=True,
      )
    )
    norm = lambda arrays: np.sqrt(sum(np.sum(a * a) for a in arrays))
    step = norm(now - was for was, now in pairs)
    decay = config.weight_decay * norm(was for was, _ in pairs)
    self.assertGreater(step, 0)
    # The gradient is clipped.
    self.assertLessEqual(
      step, 1.001 * config.learning_rate * (config.clip_norm + decay)
    )
    self.assertGreater(
      np.mean([not np.array_equal(*pair) for pair in pairs]), 0.5
    )

  def test_genotype_is_recorded(self):
    """The genotype is read back from the work directory and its JSON."""
    self.assertEqual(
      Genotype.load(self.trained.workdir.genotype_path), self.genotype
    )
    self.assertEqual(Genotype.from_json(self.genotype.to_json()), self.genotype)

  def test_saved_model(self):
    """A reloaded SavedModel predicts what the network does."""
    path = self.directory / 'saved_model'
    images = self.data.x_test
    export_network(self.trained.network, self.trained.info, str(path))
    self.assertLess(
      verify_export(str(path), self.trained.network, images), 1e-6
    )
    # Each image by itself: a prediction does not depend on the batch.
    served = tf.saved_model.load(str(path))
    together = served(tf.constant(images)).numpy()
    self.assertGreater(np.ptp(together, axis=0).max(), 0)
    self.assertAllClose(
      served(tf.constant(images[3:4])), together[3:4], atol=1e-5
    )
    self.assertEqual(
      Genotype.load(path / 'assets.extra/genotype.json'), self.genotype
    )


generate(NetworkContracts, cases_of_spaces(), globals())
