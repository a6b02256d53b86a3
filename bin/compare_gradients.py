"""Compares estimates of the architecture gradient where a search stands.

  python bin/compare_gradients.py --workdir=runs/search --batches=50

takes the last checkpoint of a search of bin/search.py and estimates the
gradient of its alphas on the next batches in several ways, without moving
anything. Printed are, for each estimator, the length of its correction of
first order and how steady it is from batch to batch, the cosines between the
corrections, and the mean of each operation's entries (what is below 0 is
raised) in units of the root mean square of first order.
--arm=NAME:option=value names estimators as in bin/study.py:

  --arm=amended --arm=fine:gradient=amended,difference_radius=1e-3
"""

from absl import flags

from darts_tf.config import app
from darts_tf.system import process

process.tune()

_WORKDIR = flags.DEFINE_string(
  'workdir', None, 'Directory of a search.', required=True
)
_ARM = flags.DEFINE_multi_string(
  'arm',
  [
    'second_order',
    'second_order_exact',
    'amended',
    'amended_exact',
    'implicit',
  ],
  'NAME or NAME:option=value,…; may be repeated.',
)
_BATCHES = flags.DEFINE_integer('batches', 50, 'Pairs of batches, at least 2.')
_OUTPUT = flags.DEFINE_string(
  'output', None, 'File that receives the same tables, in Markdown.'
)
_DATA_DIR = flags.DEFINE_string(
  'data_dir', None, 'Directory of tensorflow_datasets.'
)
_DOWNLOAD = flags.DEFINE_boolean(
  'download', True, 'Whether a data set may be downloaded.'
)


def main(unused_argv: list[str]) -> None:
  """Estimates, compares, prints."""
  process.configure_tensorflow()
  from darts_tf.analysis.gradient_statistics import gradient_tables
  from darts_tf.runs.workdir import atomic_write_text
  from darts_tf.search.gradients import FIRST_ORDER, gradients_of_run
  from darts_tf.study.arm import parse_arms

  estimates = gradients_of_run(
    _WORKDIR.value,
    {arm.name: arm.options for arm in parse_arms(_ARM.value)},
    _BATCHES.value,
    data_dir=_DATA_DIR.value,
    download=_DOWNLOAD.value,
  )
  text = gradient_tables(estimates.gradients, FIRST_ORDER, estimates.operations)
  print(text, end='')
  if _OUTPUT.value:
    atomic_write_text(_OUTPUT.value, text)


if __name__ == '__main__':
  app.run(main)
