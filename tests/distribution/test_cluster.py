import json
import os
from unittest import mock

from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.distribution.cluster import cluster_from_environment


def read(value):
  text = value if isinstance(value, str) else json.dumps(value)
  with mock.patch.dict(os.environ, {'TF_CONFIG': text}):
    return cluster_from_environment()


def config(cluster, **task):
  return {'cluster': cluster, 'task': task}


WORKERS = ['a:1', 'b:2']


class ClusterTest(parameterized.TestCase):
  def test_workers(self):
    cluster = read(config({'worker': WORKERS}, type='worker', index=1))
    self.assertEqual(cluster.addresses, ('a:1', 'b:2'))
    self.assertEqual(cluster.index, 1)
    self.assertEqual(cluster.host_and_port(0), ('a', 1))
    self.assertEqual(cluster.name(0), 'worker 0 (a:1)')

  def test_chief_comes_first(self):
    jobs = {'worker': WORKERS, 'chief': ['[::1]:7']}
    worker = read(config(jobs, type='worker', index='1'))
    self.assertEqual(worker.addresses, ('[::1]:7', 'a:1', 'b:2'))
    self.assertEqual(worker.index, 2)
    self.assertEqual(worker.host_and_port(0), ('::1', 7))
    self.assertEqual(read(config(jobs, type='chief', index=0)).index, 0)

  @parameterized.parameters(
    ('', 'Received: no TF_CONFIG'),
    ('{"cluster":', 'it is not JSON'),
    ('[]', "no object 'cluster'"),
    ({'cluster': {}}, "no object 'task'"),
    (config({}, type='worker', index=0), 'lists no workers'),
    (
      config({'worker': ['a:1'], 'ps': ['b:2']}, type='worker', index=0),
      'no ps',
    ),
    (config({'chief': WORKERS}, type='chief', index=0), 'more than one chief'),
    (config({'worker': 'a:1'}, type='worker', index=0), 'is not a list'),
    (config({'worker': ['a']}, type='worker', index=0), "'a' is not host:port"),
    (
      config({'worker': ['a:70000']}, type='worker', index=0),
      "'a:70000' is not host:port",
    ),
    (config({'worker': [1]}, type='worker', index=0), '1 is not host:port'),
    (config({'worker': ['a:1', 'a:1']}, type='worker', index=0), 'twice'),
    (config({'worker': WORKERS}, type='chief', index=0), "type 'chief'"),
    (config({'worker': WORKERS}, type='worker', index=2), 'task is 2'),
    (config({'worker': WORKERS}, type='worker', index=True), 'is True'),
    (config({'worker': WORKERS}, type='worker'), 'is None'),
  )
  def test_errors(self, value, message):
    with self.assertRaisesRegex(InputError, message):
      read(value)


if __name__ == '__main__':
  absltest.main()
