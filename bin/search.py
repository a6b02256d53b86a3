"""Searches for an architecture.

  python bin/search.py --dataset=digits --workdir=runs/digits_search

The work directory receives genotype.json, alphas.npz, metrics.jsonl,
plots and report.html. The same command continues a search that stopped.
"""

from absl import flags

from darts_tf.config import app
from darts_tf.system import process

process.tune()

from darts_tf.config.options import config_from_flags  # noqa: E402
from darts_tf.pipeline.search_flags import answered, define_search_flags  # noqa: E402
from darts_tf.search.config import SearchConfig  # noqa: E402

_WORKDIR = flags.DEFINE_string(
  'workdir', 'runs/search', 'Directory of the run.'
)
define_search_flags()


def main(unused_argv: list[str]) -> None:
  """Runs the search that the flags describe."""
  if answered():
    return
  process.configure_tensorflow()
  from darts_tf.pipeline.reporting import (
    seconds_of,
    write_run_report,
    written_files,
  )
  from darts_tf.search import run_search

  result = run_search(config_from_flags(SearchConfig), _WORKDIR.value)
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
