"""Finds an architecture for a data set, trains it and exports it.

  python bin/pipeline.py --flagfile=configs/digits.flags

Flags of the search have no prefix, flags of retraining begin with
`train_`; the data set, the seed and the devices are common to both. The
work directory receives genotype.json, saved_model, exports.json,
result.json, plots and report.html. The same command continues a run that
stopped.
"""

from absl import flags

from darts_tf.config import app
from darts_tf.system import process

process.tune()

from darts_tf.config.options import config_from_flags, define_flags  # noqa: E402
from darts_tf.pipeline.limits import LimitConfig  # noqa: E402
from darts_tf.pipeline.search_flags import (  # noqa: E402
  answered,
  define_search_flags,
  search_config,
)
from darts_tf.runs.run_config import SHARED  # noqa: E402
from darts_tf.training.config import TrainConfig  # noqa: E402

_WORKDIR = flags.DEFINE_string(
  'workdir', 'runs/pipeline', 'Directory of the run.'
)
define_flags(LimitConfig)
_FORMATS = flags.DEFINE_list(
  'export_formats',
  ['saved_model'],
  'What the network is exported to: saved_model, tflite, tflite_dynamic, onnx.',
)
define_search_flags()
define_flags(TrainConfig, prefix='train_', skip=SHARED)


def main(unused_argv: list[str]) -> None:
  """Runs the job that the flags describe."""
  if answered():
    return
  process.configure_tensorflow()
  from darts_tf.pipeline.pipeline import outcome, run_pipeline

  result = run_pipeline(
    search_config(),
    config_from_flags(TrainConfig, prefix='train_', shared=SHARED),
    _WORKDIR.value,
    limits=config_from_flags(LimitConfig),
    formats=_FORMATS.value,
  )
  if result.workdir is None:
    return  # The first of the workers writes the report.
  print(f'\n{result.genotype.pretty()}\n')
  print(outcome(result.result, result.workdir))


if __name__ == '__main__':
  app.run(main)
