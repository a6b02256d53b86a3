import os
import tempfile
from unittest import mock

import numpy as np
from absl.testing import absltest

from darts_tf.data import DatasetInfo
from darts_tf.discretize import random_genotype
from darts_tf.pipeline import reporting
from darts_tf.runs.workdir import WorkDir
from darts_tf.search.config import SearchConfig
from darts_tf.search.loop import SearchResult
from darts_tf.search.stage_record import StageRecord
from darts_tf.search_space import search_spaces

INFO = DatasetInfo('digits', (8, 8, 1), ('a', 'b'), (0.5,), (1.0,), 20, 10)
SPACE = search_spaces['prune_replace_ur']
METRICS = [
  {'epoch': epoch, 'train_loss': 1.0, 'train_accuracy': 0.5, 'seconds': 2.0}
  for epoch in range(2)
]


def search_result(directory, stages):
  space = SPACE.with_candidates(stages[-1].candidates)
  weights = {
    kind: np.full((1, 14, len(edges[0])), 1 / len(edges[0]))
    for kind, edges in space.candidates.items()
  }
  return SearchResult(
    random_genotype(SPACE, 0),
    METRICS,
    weights,
    space,
    stages,
    SearchConfig(dataset='digits', search_space=SPACE.name),
    INFO,
    WorkDir(directory),
    len(METRICS) - 1,
  )


class ReportingTest(absltest.TestCase):
  def write(self, stages):
    with tempfile.TemporaryDirectory() as directory:
      result = search_result(directory, stages)
      with mock.patch.object(
        reporting.visualize, 'write_report'
      ) as write_report:
        reporting.write_run_report(
          result.workdir, 'A search', INFO, result.genotype, result
        )
      report = write_report.call_args.args[1]
      return report, os.listdir(result.workdir.plots_path)

  def test_heat_maps_have_the_candidates_of_the_last_stage(self):
    first = StageRecord(0, 1, SPACE.candidates, {})
    last = StageRecord(
      1,
      1,
      {
        kind: (('skip_connect', 'conv_k5_d1_m2-1'),) * 14
        for kind in SPACE.candidates
      },
      {},
    )
    report, plots = self.write([first, last])
    self.assertEqual(report.space.candidates, last.candidates)
    self.assertEqual(report.stages, [first, last])
    # Two pools are alike by 2 / 3, the five other pairs not at all.
    self.assertAlmostEqual(report.similarities[0]['normal'], 1 / 9)
    self.assertEqual(report.similarities[1], {'normal': 0.0, 'reduce': 0.0})
    self.assertContainsSubset(
      [
        'search_stages.png',
        'candidates.png',
        'similarity.png',
        'alphas_normal.png',
      ],
      plots,
    )

  def test_ordinary_searches_have_no_stages(self):
    _, plots = self.write([StageRecord(0, 2, SPACE.candidates, {})])
    self.assertNoCommonElements(
      ['search_stages.png', 'candidates.png', 'similarity.png'], plots
    )


if __name__ == '__main__':
  absltest.main()
