"""Searches for an architecture.

  python bin/search.py --dataset=digits --workdir=runs/digits_search

The work directory receives genotype.json, alphas.npz, metrics.jsonl,
plots and report.html. The same command continues a search that stopped.
"""

from absl import flags

from darts_tf.config import app
from darts_tf.system import process

process.tune()

from darts_tf.pipeline.search_flags import (  # noqa: E402
  answered,
  define_search_flags,
  search_config,
)

_WORKDIR = flags.DEFINE_string(
  'workdir', 'runs/search', 'Directory of the run.'
)
define_search_flags()


def main(unused_argv: list[str]) -> None:
  """Runs the search that the flags describe."""
  if answered():
    return
  process.configure_tensorflow()
  from darts_tf.pipeline.reporting import write_run_report, written_files
  from darts_tf.runs.workdir import seconds_of
  from darts_tf.strategies import strategy_of

  config = search_config()
  result = strategy_of(config).search(config, _WORKDIR.value)
  if result.workdir is None:
    return  # The first of the workers writes the report.
  write_run_report(
    result.workdir,
    f'Search on {result.info.name}',
    result.info,
    result.genotype,
    result,
    result={'search_seconds': seconds_of(result.metrics)},
  )
  print(f'\n{result.genotype.pretty()}\n')
  print(written_files(result.workdir))


if __name__ == '__main__':
  app.run(main)
