"""Two worker processes do what one process does."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import tensorflow as tf
import tiny_runs
from free_ports import free_ports

from darts_tf.search import run_search
from darts_tf.training import run_training

SEARCH = tiny_runs.SEARCH.replace(epochs=2, precision='float64', flip=True)
TRAIN = tiny_runs.TRAIN.replace(
  epochs=2, precision='float64', ema=0.5, learning_rate=0.01
)

WORKER = """
import sys
sys.path.append(sys.argv[1])
import test_two_workers
test_two_workers.work(*sys.argv[2:])
"""


def work(number, directory):
  """Does the work of a worker process; prints its results."""
  from darts_tf.config.errors import ResourceError
  from darts_tf.distribution.strategy import make_strategy

  strategy = make_strategy(SEARCH.replace(strategy='multi_worker'))
  data, path = tiny_runs.data(), pathlib.Path(directory)
  changes = {'strategy': 'multi_worker'}
  first = run_search(
    SEARCH.replace(epochs=1, **changes), path / 'first', data, False, strategy
  )
  # As if it had been stopped.
  if number == '0':
    config = json.loads((path / 'first/config.json').read_text())
    config['epochs'] = SEARCH.epochs
    (path / 'first/config.json').write_text(json.dumps(config))
  search = run_search(
    SEARCH.replace(**changes), path / 'first', data, False, strategy
  )
  trained = run_training(
    TRAIN.replace(**changes),
    tiny_runs.GENOTYPE,
    path / 'train',
    data,
    False,
    strategy,
  )
  print(
    json.dumps(
      {
        'writes': first.workdir is not None,
        'epochs': len(search.metrics),
        'genotype': search.genotype.to_dict(),
        'replicas': strategy.num_replicas_in_sync,
        'test_loss': trained.test_loss,
      }
    ),
    flush=True,
  )
  if number == '1':
    os._exit(9)  # As if it were killed.
  try:
    run_search(
      SEARCH.replace(seed=1, **changes), path / 'lost', data, False, strategy
    )
  except ResourceError as error:
    print(error, flush=True)


class TwoWorkersTest(tiny_runs.RunTest):
  def run_workers(self):
    """Returns the lines that each worker has printed."""
    addresses = [f'127.0.0.1:{port}' for port in free_ports(2)]
    paths = [*sys.path, str(pathlib.Path(__file__).parent)]
    workers = []
    for index in range(2):
      environment = {
        **os.environ,
        'PYTHONPATH': os.pathsep.join(filter(None, paths)),
        'TF_CONFIG': json.dumps(
          {
            'cluster': {'worker': addresses},
            'task': {'type': 'worker', 'index': index},
          }
        ),
      }
      workers.append(
        subprocess.Popen(
          [
            sys.executable,
            '-c',
            WORKER,
            str(pathlib.Path(__file__).parent),
            str(index),
            str(self.directory),
          ],
          env=environment,
          text=True,
          stdout=subprocess.PIPE,
          stderr=subprocess.PIPE,
        )
      )
    for worker in workers:
      self.addCleanup(worker.kill)
    outputs = [worker.communicate(timeout=300) for worker in workers]
    for (out, err), code, worker in zip(outputs, (0, 9), workers):
      self.assertEqual(worker.returncode, code, out + err)
    return [out.splitlines() for out, _ in outputs]

  def test_equal_one_process(self):
    search = run_search(SEARCH, self.directory / 'one', self.data, False)
    trained = run_training(
      TRAIN, tiny_runs.GENOTYPE, self.directory / 'one_train', self.data, False
    )
    (chief, lost), (other,) = self.run_workers()
    chief, other = json.loads(chief), json.loads(other)
    self.assertTrue(chief.pop('writes'))
    self.assertFalse(other.pop('writes'))
    self.assertEqual(chief, other)
    self.assertEqual(chief['replicas'], 2)
    self.assertEqual(chief['epochs'], 2)
    self.assertEqual(chief['genotype'], search.genotype.to_dict())
    with (
      np.load(search.workdir.alphas_path) as one,
      np.load(self.directory / 'first/alphas.npz') as two,
    ):
      self.assertAllClose(
        one['normal/alpha'], two['normal/alpha'], rtol=0, atol=1e-9
      )
    for ours, name in ((search, 'first'), (trained, 'train')):
      lines = tiny_runs.timeless(self.directory / name / 'metrics.jsonl')
      for expected, line in zip(ours.metrics, lines, strict=True):
        for key in ('train_loss', 'train_accuracy', 'validation_loss'):
          self.assertAllClose(line[key], expected[key], rtol=1e-5, msg=key)
    self.assertAllClose(chief['test_loss'], trained.test_loss, rtol=1e-5)
    self.assertRegex(lost, 'Another worker stopped .*Received: worker 1')


if __name__ == '__main__':
  tf.test.main()
