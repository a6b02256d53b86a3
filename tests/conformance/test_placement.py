"""Each search space with each gradient, as a GPU would run it."""

import tensorflow as tf
from absl.testing import parameterized
from conformance_cases import (
  CHEAPEST,
  GRADIENT,
  Case,
  cases_of_gradients,
  cases_of_spaces,
  generate,
)
from placement_contracts import PlacementContracts, placement

generate(
  PlacementContracts,
  cases_of_spaces() + cases_of_gradients(),
  globals(),
  costly=True,
)


class OptionsTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    {'drop_path': 0.2, 'auxiliary': True},
    {'precision': 'mixed_float16'},
    {'precision': 'mixed_bfloat16'},
    {'remat': True},
  )
  def test_stays_on_the_gpu(self, **options):
    config = Case(CHEAPEST, GRADIENT).config(**options)
    result = placement(self, config)
    self.assertGreater(result.kernels, 100)
    self.assertEqual((result.on_host, result.transfers), ({}, ()))


if __name__ == '__main__':
  tf.test.main()
