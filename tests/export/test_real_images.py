import dataclasses
import json

import numpy as np
import tiny_runs
from absl.testing import absltest

from darts_tf.config.errors import InputError
from darts_tf.data.digits import load_digits
from darts_tf.export.real_images import test_images as images_of_run
from darts_tf.runs.workdir import WorkDir


class RealImagesTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.workdir = WorkDir(tiny_runs.temporary_directory(self))
    self.digits = load_digits()

  def images(self, config, info=None, **options):
    self.workdir.config_path.write_text(json.dumps(config))
    return images_of_run(self.workdir, info or self.digits.info, **options)

  def test_images_of_the_run(self):
    config = {'dataset': 'digits', 'seed': 3, 'epochs': 7}
    for written in (config, {'search': {}, 'training': config}):
      np.testing.assert_array_equal(
        self.images(written), self.digits.x_test[:256]
      )

  def test_the_size_of_the_run(self):
    info = dataclasses.replace(self.digits.info, image_shape=(4, 4, 1))
    config = {'dataset': 'digits', 'image_size': 4}
    self.assertEqual(self.images(config, info).shape, (256, 4, 4, 1))
    with self.assertRaisesRegex(
      InputError, r'have changed.*\(4, 4, 1\).*image_shape=\(8, 8, 1\)'
    ):
      self.images({'dataset': 'digits'}, info)

  def test_nothing_is_downloaded(self):
    with self.assertRaisesRegex(InputError, "mnist'"):
      self.images(
        {'dataset': 'mnist'}, data_dir=str(self.workdir.path / 'empty')
      )
    self.assertFalse((self.workdir.path / 'empty').exists())


if __name__ == '__main__':
  absltest.main()
