import os
from unittest import mock

import tiny_runs
from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.distribution.strategy import make_strategy, refuse_workers
from darts_tf.strategies import RandomSearchConfig, run_random_search
from darts_tf.study.arm import parse_arms
from darts_tf.study.plan import Study

WORKERS = {'strategy': 'multi_worker'}


class RefusalsTest(parameterized.TestCase):
  def test_no_cluster(self):
    with (
      mock.patch.dict(os.environ, {'TF_CONFIG': ''}),
      self.assertRaisesRegex(InputError, 'Received: no TF_CONFIG'),
    ):
      make_strategy(tiny_runs.SEARCH.replace(**WORKERS))

  def test_divided_cpu(self):
    text = (
      '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}'
    )
    with (
      mock.patch.dict(os.environ, {'TF_CONFIG': text}),
      self.assertRaisesRegex(InputError, 'Received: virtual_devices=2'),
    ):
      make_strategy(tiny_runs.SEARCH.replace(virtual_devices=2, **WORKERS))

  def test_runs_of_one_process(self):
    with self.assertRaisesRegex(InputError, 'A study runs in one process'):
      Study(
        tiny_runs.SEARCH.replace(**WORKERS),
        parse_arms(['first_order']),
        (0,),
        (),
      )
    with self.assertRaisesRegex(InputError, "strategy='multi_worker'"):
      run_random_search(
        RandomSearchConfig(
          search_space='tiny', num_samples=2, num_best=1, **WORKERS
        ),
        tiny_runs.temporary_directory(self) / 'random',
        None,
        tiny_runs.data(),
      )
    refuse_workers(tiny_runs.SEARCH.replace(strategy='mirrored'), 'A study')


if __name__ == '__main__':
  absltest.main()
