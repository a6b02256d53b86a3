import json

from absl.testing import absltest

from darts_tf.search.batch_size import AdaptiveBatchSize


def run(sizes, memory, steps):
  """Sizes of the steps of a network with a known need of memory."""
  course = []
  for _ in range(steps):
    course.append(sizes.size)
    sizes.observe(memory(sizes.size))
  return course


class AdaptiveBatchSizeTest(absltest.TestCase):
  def make(self, budget, smallest=16, largest=128):
    return AdaptiveBatchSize(smallest, 8, largest, budget)

  def test_doubles_every_five_steps(self):
    course = run(self.make(1e9), lambda b: 100 + b, 21)
    self.assertEqual(course, [16] * 5 + [32] * 5 + [64] * 5 + [128] * 6)

  def test_stays_below_the_threshold(self):
    # 100 + 2 b <= 0.95 * 320 at b = 102.
    memory = lambda b: 100 + 2 * b
    course = run(self.make(320), memory, 60)
    self.assertEqual(course[-1], 96)
    self.assertEqual(sorted(course), course)
    self.assertLessEqual(max(map(memory, course)), 0.95 * 320)

  def test_what_is_held_is_the_offset(self):
    # A line through the origin would need 1,400 for twice the size.
    sizes = self.make(900)
    memory = lambda b: 684 + b
    for _ in range(5):
      sizes.observe(memory(sizes.size), 684)
    self.assertEqual(sizes.size, 32)
    self.assertAlmostEqual(sizes.predict(128), memory(128))
    for _ in range(10):
      sizes.observe(memory(sizes.size), 684)
    self.assertEqual(sizes.size, 128)

  def test_leaves_a_size_above_the_threshold(self):
    # 24 need 942, 32 need 970.
    sizes = self.make(1000)
    sizes.size = 32
    memory = lambda b: 858 + 3.5 * b
    course = []
    for _ in range(50):
      course.append(sizes.size)
      sizes.observe(memory(sizes.size), 858)
    self.assertEqual(course, [32] * 5 + [24] * 45)
    # Not below the first size.
    sizes = self.make(900)
    self.assertEqual(run(sizes, memory, 20), [16] * 20)

  def test_one_observation_overestimates(self):
    sizes = self.make(1000)
    sizes.observe(200)
    self.assertEqual(sizes.predict(32), 400)
    sizes.observed[32] = 232.0
    self.assertAlmostEqual(sizes.predict(64), 296)

  def test_memory_that_falls_with_size_is_noise(self):
    sizes = self.make(1000)
    sizes.observed = {16: 300.0, 32: 290.0}
    self.assertGreaterEqual(sizes.predict(64), 290)

  def test_a_budget_below_the_smallest(self):
    self.assertEqual(run(self.make(10), lambda b: b, 20), [16] * 20)

  def test_ran_out(self):
    sizes = self.make(1e9)
    run(sizes, lambda b: b, 10)
    self.assertEqual(sizes.size, 64)
    self.assertTrue(sizes.ran_out())
    self.assertEqual(sizes.size, 32)
    # What did not fit is not tried again.
    self.assertEqual(max(run(sizes, lambda b: b, 30)), 56)

  def test_ran_out_at_the_smallest(self):
    sizes = self.make(1e9, smallest=8)
    self.assertFalse(sizes.ran_out())
    self.assertEqual(sizes.size, 8)

  def test_restart(self):
    sizes = self.make(1e9)
    run(sizes, lambda b: b, 12)
    sizes.restart()
    self.assertEqual((sizes.size, sizes.observed), (16, {}))

  def test_state(self):
    memory = lambda b: 50 + b
    whole, first, second = (self.make(140) for _ in range(3))
    course = run(whole, memory, 33)
    start = run(first, memory, 13)
    second.restore(json.loads(json.dumps(first.state())))
    self.assertEqual(start + run(second, memory, 20), course)


if __name__ == '__main__':
  absltest.main()
