"""Trains the network of a genotype from scratch.

  python bin/train.py --genotype=DARTS_V2 --dataset=digits \
      --workdir=runs/digits_train --channels=16 --cells=5 --epochs=20

The genotype is a published name, a file that a search wrote, or one drawn
at random: random:darts:0. The work
directory receives network.keras, saved_model, exports.json, metrics.jsonl,
result.json and report.html. The same command continues a training that stopped.
"""

from absl import flags

from darts_tf.config import app
from darts_tf.system import process

process.tune()

from darts_tf.config.options import config_from_flags, define_flags  # noqa: E402
from darts_tf.training.config import TrainConfig  # noqa: E402

_WORKDIR = flags.DEFINE_string('workdir', 'runs/train', 'Directory of the run.')
_GENOTYPE = flags.DEFINE_string(
  'genotype',
  'DARTS_V2',
  'A published name, a genotype file, or random:SPACE:SEED.',
)
_FORMATS = flags.DEFINE_list(
  'export_formats',
  ['saved_model'],
  'What the network is exported to: saved_model, tflite, tflite_dynamic, onnx.',
)
define_flags(TrainConfig)


def main(unused_argv: list[str]) -> None:
  """Runs the training that the flags describe."""
  process.configure_tensorflow()
  from darts_tf.discretize import find_genotype
  from darts_tf.distribution.run_data import load_data
  from darts_tf.distribution.strategy import make_strategy
  from darts_tf.distribution.workers import is_chief
  from darts_tf.export import check_formats
  from darts_tf.pipeline.pipeline import finish_training, outcome
  from darts_tf.runs.workdir import WorkDir
  from darts_tf.training import run_training
  from darts_tf.training.train import check_training

  # Hours of training later would be too late to hear of it.
  formats = check_formats(_FORMATS.value)
  config = config_from_flags(TrainConfig)
  genotype = find_genotype(_GENOTYPE.value)
  strategy = make_strategy(config)
  if is_chief(strategy):
    check_training(config, genotype, WorkDir(_WORKDIR.value))
  data = load_data(config)
  trained = run_training(
    config, genotype, _WORKDIR.value, data, strategy=strategy
  )
  if trained.workdir is None:
    return  # The first of the workers exports the network.
  result = finish_training(
    trained, trained.workdir, data, 'Training', formats=formats
  )
  print(f'\n{outcome(result, trained.workdir)}')


if __name__ == '__main__':
  app.run(main)
