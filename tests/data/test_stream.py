import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from darts_tf.config.errors import InputError
from darts_tf.data import Augmentation, Stream, evaluation_batches

_COUNT = 22


def _arrays(count=_COUNT):
  """Images whose pixels, and label, are their number."""
  images = np.arange(count, dtype=np.uint8)[:, None, None, None]
  return np.tile(images, (1, 4, 4, 1)), np.arange(count)


def _stream(batch_size=4, seed=0, name='weights', count=_COUNT, **arguments):
  return Stream(
    *_arrays(count), batch_size, seed, name, (0.0,), (1 / 255,), **arguments
  )


def _labels(dataset):
  return [labels.tolist() for _, labels in dataset.as_numpy_iterator()]


class StreamTest(tf.test.TestCase, parameterized.TestCase):
  def test_shapes_are_static(self):
    images, labels = _stream().batches(0, 3).element_spec
    self.assertEqual(images, tf.TensorSpec((4, 4, 4, 1), tf.float32))
    self.assertEqual(labels, tf.TensorSpec((4,), tf.int32))

  def test_an_epoch_shows_an_image_at_most_once(self):
    stream = _stream()
    self.assertEqual(stream.steps_per_epoch, 5)
    epochs = np.reshape(_labels(stream.batches(0, 200)), (40, 20))
    for epoch in epochs:
      self.assertLen(set(epoch.tolist()), 20)
    # What is left out, and every order, changes from epoch to epoch.
    self.assertLen({tuple(epoch.tolist()) for epoch in epochs}, 40)
    self.assertEqual(set(epochs.ravel().tolist()), set(range(_COUNT)))

  def test_order_is_uniform(self):
    stream = _stream(batch_size=8, count=8)
    epochs = np.array(_labels(stream.batches(0, 1600)))
    # How often image i stands at place j: 200 times, deviation 13.
    table = [np.bincount(epochs[:, place], minlength=8) for place in range(8)]
    self.assertLess(np.abs(np.array(table) - 200).max(), 70)
    self.assertGreater(len({tuple(epoch) for epoch in epochs.tolist()}), 1500)
    # Neighbouring epochs are independent.
    same = (epochs[1:] == epochs[:-1]).mean()
    self.assertAlmostEqual(same, 1 / 8, delta=0.02)

  def test_images_and_labels_belong_together(self):
    for images, labels in _stream().batches(3, 9).as_numpy_iterator():
      self.assertAllClose(images[:, 0, 0, 0], labels, atol=1e-4)

  @parameterized.parameters(0, 3, 5, 12)
  def test_continues_exactly(self, start):
    arguments = dict(augmentation=Augmentation(1, True, 2))
    whole = list(_stream(**arguments).batches(0, 14).as_numpy_iterator())
    rest = list(_stream(**arguments).batches(start, 14).as_numpy_iterator())
    self.assertLen(rest, 14 - start)
    for expected, batch in zip(whole[start:], rest, strict=True):
      self.assertAllEqual(expected[0], batch[0])
      self.assertAllEqual(expected[1], batch[1])

  def test_is_endless(self):
    stream = _stream()
    self.assertEqual(
      _labels(stream.batches(7).take(20)), _labels(stream.batches(7, 27))
    )
    far = _labels(stream.batches(10**9, 10**9 + 5))
    self.assertLen({label for batch in far for label in batch}, 20)

  def test_seed_and_name_tell_streams_apart(self):
    orders = [
      str(_labels(_stream(**arguments).batches(0, 5)))
      for arguments in ({}, {'seed': 1}, {'name': 'architecture'})
    ]
    self.assertLen(set(orders), 3)
    self.assertEqual(orders[0], str(_labels(_stream().batches(0, 5))))

  def test_augmentation_differs_from_step_to_step(self):
    stream = _stream(batch_size=1, count=1, augmentation=Augmentation(cutout=1))
    images = [x for x, _ in stream.batches(0, 64).as_numpy_iterator()]
    # The one image is 0: only where it is blanked could differ.
    self.assertAllEqual(images[0], np.zeros((1, 4, 4, 1)))
    bright = Stream(
      np.full((1, 4, 4, 1), 255, np.uint8),
      [0],
      1,
      0,
      'w',
      (0.0,),
      (1.0,),
      Augmentation(cutout=1),
    )
    holes = {
      int(x.argmin()) for x, _ in bright.batches(0, 128).as_numpy_iterator()
    }
    self.assertGreater(len(holes), 12)

  def test_parts_are_the_whole(self):
    """Cut among replicas and workers, images are drawn as they are whole."""
    rng = np.random.default_rng(0)
    stream = Stream(
      rng.integers(256, size=(24, 6, 6, 1)).astype(np.uint8),
      np.arange(24),
      8,
      0,
      'w',
      (0.5,),
      (0.2,),
      Augmentation(crop_padding=2, flip=True, cutout=2),
    )
    whole = list(stream.batches(1, 5).as_numpy_iterator())
    of_workers = [
      list(stream.batches(1, 5, share, 4).as_numpy_iterator())
      for share in (range(0, 2), range(2, 4))
    ]
    for step, (images, labels) in enumerate(whole):
      parts = [
        part
        for worker in of_workers
        for part in worker[2 * step : 2 * step + 2]
      ]
      self.assertAllEqual(np.concatenate([x for x, _ in parts]), images)
      self.assertAllEqual(np.concatenate([y for _, y in parts]), labels)
    self.assertEqual(
      stream.batches(0, 1, range(1), 4).element_spec[0].shape, (2, 6, 6, 1)
    )

  def test_indices(self):
    stream = _stream(batch_size=3, indices=np.array([1, 4, 9]))
    self.assertEqual(stream.num_images, 3)
    for labels in _labels(stream.batches(0, 4)):
      self.assertCountEqual(labels, [1, 4, 9])

  def test_under_a_strategy(self):
    devices = tf.config.list_logical_devices('CPU')[:2]
    strategy = tf.distribute.MirroredStrategy([d.name for d in devices])
    expected = _labels(_stream().batches(2, 6))
    distributed = strategy.experimental_distribute_dataset(
      _stream().batches(2, 6)
    )
    for labels, (_, parts) in zip(expected, distributed, strict=True):
      parts = strategy.experimental_local_results(parts)
      self.assertLen(parts, len(devices))
      self.assertEqual(tf.concat(parts, 0).numpy().tolist(), labels)

  def test_iterators_end_at_once(self):
    for dataset in (
      _stream().batches(0, 4),
      evaluation_batches(*_arrays(), 2, (0.0,), (1.0,)),
    ):
      self.assertIs(dataset.options().autotune.enabled, False)

  @parameterized.parameters(
    ({'batch_size': 23}, 'expected 1 to 22. Received: batch_size=23'),
    ({'batch_size': 0}, 'batch_size=0'),
    ({'indices': np.array([], int)}, 'Received: 0 images'),
  )
  def test_errors(self, arguments, message):
    with self.assertRaisesRegex(InputError, message):
      _stream(**arguments)

  def test_lengths_differ(self):
    images, labels = _arrays()
    with self.assertRaisesRegex(InputError, '22 images, 21 labels'):
      Stream(images, labels[1:], 4, 0, 'w', (0.0,), (1.0,))

  @parameterized.parameters((-1, 3), (5, 4))
  def test_steps_out_of_range(self, start, stop):
    with self.assertRaisesRegex(InputError, f'start={start}, stop={stop}'):
      _stream().batches(start, stop)


class EvaluationTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(1, 5, 11, 22, 30)
  def test_covers_all_once_in_order(self, batch_size):
    dataset = evaluation_batches(*_arrays(), batch_size, (0.0,), (1 / 255,))
    self.assertEqual(dataset.element_spec[0].shape, (batch_size, 4, 4, 1))
    self.assertEqual(dataset.element_spec[2].shape, (batch_size,))
    self.assertEqual(int(dataset.cardinality()), -(-_COUNT // batch_size))
    for _ in range(2):
      seen = []
      for images, labels, weights in dataset.as_numpy_iterator():
        self.assertAllClose(images[:, 0, 0, 0], labels, atol=1e-4)
        self.assertContainsSubset(set(weights.tolist()), {0.0, 1.0})
        seen += labels[weights == 1].tolist()
      self.assertEqual(seen, list(range(_COUNT)))

  def test_indices(self):
    dataset = evaluation_batches(
      *_arrays(), 2, (0.0,), (1.0,), indices=np.array([7, 3, 5])
    )
    parts = [
      (y.tolist(), w.tolist()) for _, y, w in dataset.as_numpy_iterator()
    ]
    self.assertEqual(parts, [([7, 3], [1, 1]), ([5, 5], [1, 0])])

  def test_errors(self):
    with self.assertRaisesRegex(InputError, 'expected 1 or more.*size=0'):
      evaluation_batches(*_arrays(), 0, (0.0,), (1.0,))
    with self.assertRaisesRegex(InputError, 'Received: 0 images'):
      evaluation_batches(*_arrays(0), 2, (0.0,), (1.0,))


if __name__ == '__main__':
  tf.test.main()
