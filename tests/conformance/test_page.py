"""The page of the suite, and that the suite is what the page says."""

from unittest import mock

import conformance_cases
import conformance_page
from absl.testing import absltest
from conformance_cases import (
  CHEAPEST,
  GRADIENTS,
  METHODS,
  RULES,
  SPACES,
  Case,
  cases_of_gradients,
  cases_of_spaces,
)

from darts_tf.architecture_gradient import architecture_gradients
from darts_tf.search_space import search_spaces


class PageTest(absltest.TestCase):
  def test_is_up_to_date(self):
    self.assertEqual(
      conformance_page.PAGE.read_text('utf-8'),
      conformance_page.page(),
      'Run: python tests/conformance/conformance_page.py',
    )

  def test_every_contract_is_described(self):
    found = list(conformance_page.contracts())
    self.assertIn('two replicas equal one', [name for name, _, _ in found])
    for _, repeated, what in found:
      self.assertTrue(repeated)
      self.assertEndsWith(what, '.')


class CasesTest(absltest.TestCase):
  def test_full_product(self):
    cases = cases_of_spaces() + cases_of_gradients()
    self.assertLen(set(cases), len(cases))
    self.assertContainsSubset(
      {(space, gradient) for space in SPACES for gradient in GRADIENTS},
      {case[:2] for case in cases},
    )
    self.assertEqual({case.method for case in cases}, set(METHODS))

  def test_by_default(self):
    cases = [
      c for c in cases_of_spaces() + cases_of_gradients() if c.by_default
    ]
    self.assertEqual(
      set(SPACES) - {case.space for case in cases},
      {
        'darts_no_none',
        'nasnet',
        'prune_replace_dr',
        'prune_replace_ur',
        's2',
        's3',
      },
    )
    self.assertEqual({case.gradient for case in cases}, set(GRADIENTS))

  def test_names_are_those_of_the_package(self):
    # Other tests register spaces in this process; they are not listed.
    darts = search_spaces['darts']
    with (
      mock.patch.dict(search_spaces._values, {'of_a_test': darts}),
      mock.patch.dict(architecture_gradients._values, {'of_a_test': None}),
    ):
      self.assertIn('of_a_test', search_spaces)
      spaces = conformance_cases.registered(
        'darts_tf.search_space', 'search_spaces'
      )
      gradients = conformance_cases.registered(
        'darts_tf.architecture_gradient', 'architecture_gradients'
      )
    self.assertEqual(spaces, SPACES)
    self.assertEqual(gradients, GRADIENTS)
    self.assertContainsSubset({'darts', 's4', 'amended_s2'}, spaces)
    self.assertContainsSubset({'first_order', 'amended'}, gradients)
    self.assertContainsSubset({'darts', 'argmax', 'fixed_edges'}, RULES)
    # Nothing that is in use was replaced.
    from darts_tf import search_space

    self.assertIs(search_space.search_spaces, search_spaces)
    self.assertIs(search_spaces['darts'], darts)

  def test_marked_slow_unless_by_default(self):
    module = {'__name__': __name__}
    conformance_cases.generate(
      type('Some', (), {}),
      [Case(CHEAPEST, 'amended'), Case('darts', 'amended')],
      module,
    )
    marks = {
      name: [mark.name for mark in getattr(made, 'pytestmark', [])]
      for name, made in module.items()
      if name != '__name__'
    }
    self.assertEqual(
      marks, {f'Some_{CHEAPEST}_amended': [], 'Some_darts_amended': ['slow']}
    )

  def test_costly_contracts(self):
    module = {'__name__': __name__}
    conformance_cases.generate(
      type('Some', (), {}),
      [Case(space, 'first_order') for space in (CHEAPEST, 'darts', 's4')],
      module,
      costly=True,
    )
    self.assertEqual(
      [
        bool(getattr(made, 'pytestmark', []))
        for name, made in module.items()
        if name != '__name__'
      ],
      [False, False, True],
    )


if __name__ == '__main__':
  absltest.main()
