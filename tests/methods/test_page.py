"""The page of methods has the table of the registry, and a text for each."""

import pathlib
import re

from absl.testing import absltest

import darts_tf
from darts_tf.methods import methods
from darts_tf.methods.table import method_table

_PAGE = pathlib.Path(darts_tf.__file__).parents[1] / 'docs/methods.md'


class PageTest(absltest.TestCase):
  def test_table(self):
    lines = [
      line for line in _PAGE.read_text().splitlines() if line.startswith('|')
    ]
    self.assertEqual(lines, method_table('github').splitlines())

  def test_each_method_has_a_text(self):
    headings = ' '.join(re.findall(r'^## (.*)$', _PAGE.read_text(), re.M))
    self.assertCountEqual(re.findall(r'`(\w+)`', headings), methods)


if __name__ == '__main__':
  absltest.main()
