"""Tries many architectures and keeps the best, with Keras Tuner in charge.

  python bin/tune.py --flagfile=configs/tune_digits.flags

The first trials are searches; what they find is retrained, then what is
derived from them, drawn from their mixing weights, and changed in the best
so far. Flags of the search have no prefix, flags of retraining begin with
`train_`. `--vary=eta=0.1,0.03` makes one search of each value; several of
these flags make all combinations. The work directory is a project of Keras
Tuner; it receives result.json, genotype.json and saved_model. The same
command continues a run that stopped, within its trial.

Of several processes the one with KERASTUNER_TUNER_ID=chief hands out the
trials; see docs/tuner.md.
"""

import pathlib

from absl import flags

from darts_tf.config import app
from darts_tf.system import process

process.tune()

from darts_tf.config.errors import InputError  # noqa: E402
from darts_tf.config.options import config_from_flags, define_flags  # noqa: E402
from darts_tf.runs.run_config import SHARED  # noqa: E402
from darts_tf.search.config import SearchConfig  # noqa: E402
from darts_tf.training.config import TrainConfig  # noqa: E402
from darts_tf.tuner.config import TuneConfig  # noqa: E402

_WORKDIR = flags.DEFINE_string('workdir', 'runs/tune', 'Directory of the run.')
_SEARCHES = flags.DEFINE_integer(
  'searches',
  None,
  'Searches that are run, with one seed after the other;'
  ' by default one, or none with --finished.',
  lower_bound=0,
)
_VARY = flags.DEFINE_multi_string(
  'vary', [], 'OPTION=VALUE,VALUE of searches, each a trial.'
)
_FINISHED = flags.DEFINE_list(
  'finished', [], 'Directories of searches that have ended.'
)
_CURVES = flags.DEFINE_list(
  'curves',
  [],
  'Directories of earlier runs of this program, whose curves'
  ' --stop_below learns from, too.',
)
_VALIDATION = flags.DEFINE_float(
  'validation_split',
  0.2,
  'Share of the training images by which architectures are compared.',
)
define_flags(TuneConfig)
define_flags(SearchConfig)
define_flags(TrainConfig, prefix='train_', skip=(*SHARED, 'validation_portion'))


def main(unused_argv: list[str]) -> None:
  """Runs the trials that the flags describe."""
  try:
    import keras_tuner  # noqa: F401
  except ModuleNotFoundError as error:
    raise InputError(
      'Keras Tuner is not installed; expected: pip install'
      f' "darts_tf[tuner]". Received: {error}'
    ) from error
  process.configure_tensorflow()
  from darts_tf.distribution.run_data import load_data
  from darts_tf.distribution.strategy import make_strategy
  from darts_tf.tuner.chief import is_worker
  from darts_tf.tuner.run import finish, outcome
  from darts_tf.tuner.tuner import DartsTuner
  from darts_tf.tuner.variations import variations

  tune = config_from_flags(TuneConfig)
  config = config_from_flags(SearchConfig)
  searches = _SEARCHES.value
  if _VARY.value:
    searches = [
      {'seed': config.seed + seed, **options}
      for options in variations(_VARY.value)
      for seed in range(1 if searches is None else searches)
    ]
  workdir = pathlib.Path(_WORKDIR.value)
  tuner = DartsTuner(
    config.search_space,
    config.method,
    objective=tune.objective,
    max_trials=tune.max_trials,
    searches=searches,
    finished=_FINISHED.value,
    search_config=config,
    train_config=config_from_flags(
      TrainConfig, prefix='train_', skip=('validation_portion',), shared=SHARED
    ),
    max_parameters=tune.max_parameters,
    max_multiply_adds=tune.max_multiply_adds,
    hyperband_factor=tune.hyperband_factor,
    stop_below=tune.stop_below,
    curves=_CURVES.value,
    directory=workdir.parent,
    project_name=workdir.name,
    seed=config.seed,
    derived=tune.derived,
    sampled=tune.sampled,
  )
  make_strategy(config)
  data = load_data(config)
  tuner.search(data, validation_split=_VALIDATION.value)
  if is_worker():
    return  # The chief tests and exports.
  result = finish(tuner, data)
  print(f'\n{tuner.get_best_genotypes()[0].pretty()}\n')
  print(outcome(result))


if __name__ == '__main__':
  app.run(main)
