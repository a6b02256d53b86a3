import pathlib

from absl.testing import absltest
from measuring import Results
from peer_cases import CASES, MACHINE
from peer_tables import PAGES, full_table, with_table, write_pages
from programs import ROOT

from darts_tf.config.errors import InputError

_COMMITTED = ROOT / 'docs/results/peers.json'
_PAGE = 'Before.\n\n<!-- peers -->\nold\n<!-- /peers -->\n\nAfter.\n'


def side(seconds, **fields):
  return {
    'seconds_per_step_median': seconds,
    'peak_rss_mib': 1000 * seconds,
    'seconds_to_first_step': 10 * seconds,
    **fields,
  }


def pair(ours, peer):
  return {
    'ours': side(ours, tensorflow='2.21.0'),
    'peer': side(peer, torch='2.13.0+cpu'),
  }


def measured():
  """Three rounds of the first case, one of the fourth."""
  results = Results(None)
  results.add(MACHINE, {'processor': 'Abacus 7', 'cores': 2})
  for ours, peer in ((1, 4), (2, 4), (3, 4)):
    results.add(str(CASES[0]), pair(ours, peer))
  results.add(CASES[0].compiled, {'not_measured': 'not within 600 s'})
  results.add(str(CASES[3]), pair(0.3, 0.6))
  results.add(CASES[3].compiled, side(0.5))
  return results


class TablesTest(absltest.TestCase):
  def test_full_table(self):
    lines = full_table(measured()).splitlines()
    self.assertEqual(
      lines[2:4],
      [
        '| search, first order, 16/8/64 | 0.50 (0.25 to 0.75); 2.00 s'
        ' | 0.50 (0.25 to 0.75); 2,000 MiB | 0.50 (0.25 to 0.75); 20.0 s'
        ' | not within 600 s |',
        '| retraining `DARTS_V2`, 16/8/64 | 0.50 (0.50 to 0.50); 0.30 s'
        ' | 0.50 (0.50 to 0.50); 300 MiB | 0.50 (0.50 to 0.50); 3.0 s'
        ' | 0.60; it starts in 5 s |',
      ],
    )
    self.assertLen({line.count('|') for line in lines[:4]}, 1)
    said = ' '.join(lines[4:])
    self.assertIn('2 cores of Abacus 7, TensorFlow 2.21.0, PyTorch', said)
    self.assertIn('median of 1 or 3 pairs', said)

  def test_pages(self):
    root = pathlib.Path(self.create_tempdir().full_path)
    (root / 'docs').mkdir()
    for name in PAGES:
      (root / name).write_text(_PAGE)
    for _ in range(2):  # The second time finds the table of the first.
      write_pages(measured(), root)
      for name, table in PAGES.items():
        self.assertEqual(
          (root / name).read_text(), _PAGE.replace('old', table(measured()))
        )

  def test_nothing_to_show(self):
    with self.assertRaisesRegex(InputError, 'Received: none'):
      write_pages(Results(None), pathlib.Path('nowhere'))

  def test_a_page_without_a_place(self):
    with self.assertRaisesRegex(InputError, "Received: 'Just text"):
      with_table('Just text', 'table')


class CommittedTest(absltest.TestCase):
  def test_pages_have_a_place(self):
    for name in PAGES:
      with_table((ROOT / name).read_text(), 'table')

  def test_pages_show_the_committed_results(self):
    if not _COMMITTED.exists():
      self.skipTest('Nothing was measured yet.')
    results = Results(str(_COMMITTED))
    for name, table in PAGES.items():
      text = (ROOT / name).read_text()
      self.assertEqual(text, with_table(text, table(results)), name)


if __name__ == '__main__':
  absltest.main()
