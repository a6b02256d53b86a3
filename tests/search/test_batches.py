import types
from unittest import mock

import numpy as np
import tensorflow as tf
import tiny_runs

from darts_tf.config.errors import InputError
from darts_tf.data import Stream
from darts_tf.distribution.run_data import distribute, join
from darts_tf.runs.checkpoint import CheckpointStore
from darts_tf.schedule import Stage
from darts_tf.search import builder, run_search
from darts_tf.search.batches import Batches, EqualBatches, Feed
from darts_tf.search.epoch import EpochRunner
from darts_tf.search.growing_batches import GrowingBatches
from darts_tf.search.step import SearchStep


class OneMore(Batches):
  """Two steps an epoch, of one block more than those of the epoch before."""

  block_size = 8
  compiled_size = None
  blocks = 0
  measured_from = None

  def begin(self):
    self.measured_from = 'the start'
    return self

  def describe(self):
    return f'Batches     one block more an epoch, measured {self.measured_from}'

  def metrics(self):
    return {'batch_size': 8 * self.blocks}

  def state(self):
    return {'blocks': self.blocks}

  def restore(self, state):
    self.blocks = state['blocks']

  def steps(self, feed):
    self.blocks += 1
    sources = [iter(distribute(s, feed.strategy, 0)) for s in feed.streams]
    for _ in range(2):
      batches = [
        join([next(source) for _ in range(self.blocks)]) for source in sources
      ]
      (metrics,) = feed.run([iter([batch]) for batch in batches], 1)
      yield self.blocks, metrics


def images(count):
  """A stream of 20 images; the label of each is its number."""
  return Stream(
    np.zeros([20, 2, 2, 1], np.uint8),
    np.arange(20),
    mean=[0.0],
    std=[1.0],
    batch_size=count,
    seed=0,
    name='weights',
  )


class PolicyTest(tiny_runs.RunTest):
  """A search asks its policy for all that has to do with batches."""

  config = tiny_runs.SEARCH.replace(batch_size=8, epochs=3)

  def run_it(self, name):
    sizes, search = [], SearchStep.search

    def watched(step, first, second):
      sizes.append((len(first[1]), len(second[1])))
      result = search(step, first, second)
      self.assertEqual(step._search.experimental_get_tracing_count(), 1)
      return result

    with (
      mock.patch.object(builder, 'make_batches', OneMore),
      mock.patch.object(SearchStep, 'search', watched),
    ):
      result, out = tiny_runs.printed(
        run_search, self.config, self.directory / name, self.data
      )
    return result, out, sizes

  def test_a_search_with_another_policy(self):
    result, out, sizes = self.run_it('whole')
    self.assertEqual(sizes, [(n, n) for n in (8, 8, 16, 16, 24, 24)])
    self.assertEqual([m['batch_size'] for m in result.metrics], [8, 16, 24])
    self.assertIn('\nBatches     one block more an epoch, measured the st', out)
    meta = CheckpointStore(result.workdir.checkpoints_path).latest().meta
    self.assertEqual(meta['blocks'], 3)
    # A continued search has the policy in the state of its checkpoint.
    with tiny_runs.failing_epoch(3):
      self.assertIsInstance(self.run_it('cut')[0], KeyboardInterrupt)
    self.assertEqual(self.run_it('cut')[2], [(24, 24)] * 2)
    tiny_runs.assert_same_search(
      self, self.directory / 'cut', self.directory / 'whole'
    )

  def test_means_by_weight(self):
    """Any object may make the steps: no network is needed."""
    feeds, checked = [], []

    class Given(OneMore):
      def steps(self, feed):
        feeds.append(feed)
        yield 1, {'train_loss': 1.0}
        yield 3, {'train_loss': 5.0}

    parts = types.SimpleNamespace(
      stage=Stage(0, 2, 4, 1),
      begin_epoch=lambda epoch: 0.25,
      estimator=types.SimpleNamespace(
        uses_validation=True, check=checked.append
      ),
      step=types.SimpleNamespace(trainings='trainings', searches='searches'),
      weight_stream='weights',
      architecture_stream='architecture',
      strategy='strategy',
    )
    run = EpochRunner(Given(self.config), verbose=False)
    for epoch in (2, 3):
      metrics = run(parts, epoch)
      del metrics['seconds']
      self.assertEqual(
        metrics,
        {
          'epoch': epoch,
          'train_loss': 4.0,
          'batch_size': 0,
          'learning_rate': 0.25,
        },
      )
    # In the grace epoch, the first of the stage, alphas do not move.
    self.assertEqual(
      feeds,
      [
        Feed(2, 0, parts.stage, ['weights'], 'strategy', 'trainings'),
        Feed(
          3, 1, parts.stage, ['weights', 'architecture'], 'strategy', 'searches'
        ),
      ],
    )
    self.assertEqual(checked, [{'train_loss': 4.0}])


class EqualBatchesTest(tf.test.TestCase):
  def test_steps(self):
    config = tiny_runs.SEARCH.replace(
      batch_size=4, steps_per_epoch=3, steps_per_execution=2
    )
    batches, calls, labels = EqualBatches(config).begin(), [], []

    def run(iterators, count):
      calls.append(count)
      for _ in range(count):
        labels.append([next(i)[1].numpy().tolist() for i in iterators])
      return [{'loss': float(len(labels))}] * count

    stream = images(4)
    feed = Feed(
      1, 1, Stage(0, 0, 3, 0), [stream], tf.distribute.get_strategy(), run
    )
    self.assertEqual(
      list(batches.steps(feed)),
      [(1, {'loss': 2.0}), (1, {'loss': 2.0}), (1, {'loss': 3.0})],
    )
    self.assertEqual(calls, [2, 1])
    # The second epoch goes on where the first one ended.
    self.assertEqual(
      labels, [[y.numpy().tolist()] for _, y in stream.batches(3, 6)]
    )
    self.assertEqual((batches.state(), batches.metrics()), ({}, {}))
    self.assertEqual(batches.describe(), '')

  def test_sizes(self):
    config = tiny_runs.SEARCH.replace(batch_size=8, steps_per_epoch=None)
    equal = EqualBatches(config)
    growing = GrowingBatches(
      config.replace(max_batch_size=16, batch_multiple=4)
    )
    self.assertEqual((equal.block_size, equal.compiled_size), (8, 8))
    self.assertEqual((growing.block_size, growing.compiled_size), (4, None))
    self.assertEqual(equal.steps_per_epoch(images(8)), 2)
    # Five blocks, two of which make the first batch.
    self.assertEqual(growing.steps_per_epoch(images(4)), 2)
    growing.check(images(4), None)
    with self.assertRaisesRegex(
      InputError, 'expected 4 to 20. Received: batch_size=24'
    ):
      GrowingBatches(
        config.replace(batch_size=24, max_batch_size=24, batch_multiple=4)
      ).check(images(4))


if __name__ == '__main__':
  tf.test.main()
