"""Random search: the baseline that a search has to beat.

  python bin/random_search.py --dataset=digits --search_space=darts \
      --channels=4 --cells=3 --train_channels=16 --train_cells=5 \
      --train_epochs=20 --workdir=runs/digits_random

Architectures are drawn, compared after short trainings on a part of the
training set, and the best are retrained. Flags of retraining begin with
`train_`; the data set, the seed and the devices are common to both. The
work directory receives result.json, genotype.json and a directory for each
training. The same command continues a run that stopped.
"""

from absl import flags

from darts_tf.config import app
from darts_tf.system import process

process.tune()

from darts_tf.config.options import config_from_flags, define_flags  # noqa: E402
from darts_tf.runs.run_config import SHARED  # noqa: E402
from darts_tf.strategies.random_config import RandomSearchConfig  # noqa: E402
from darts_tf.training.config import TrainConfig  # noqa: E402

_WORKDIR = flags.DEFINE_string(
  'workdir', 'runs/random_search', 'Directory of the run.'
)
define_flags(RandomSearchConfig)
define_flags(TrainConfig, prefix='train_', skip=SHARED)


def main(unused_argv: list[str]) -> None:
  """Runs the random search that the flags describe."""
  process.configure_tensorflow()
  from darts_tf.strategies.random_search import outcome, run_random_search

  result = run_random_search(
    config_from_flags(RandomSearchConfig),
    _WORKDIR.value,
    config_from_flags(TrainConfig, prefix='train_', shared=SHARED),
  )
  print(f'\n{result.genotype.pretty()}\n')
  print(outcome(result))


if __name__ == '__main__':
  app.run(main)
