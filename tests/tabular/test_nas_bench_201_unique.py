import collections
import itertools

from absl.testing import absltest, parameterized

from darts_tf.config.errors import InputError
from darts_tf.genotype import Genotype
from darts_tf.genotype.text import parse_nas_bench_201
from darts_tf.tabular.nas_bench_201_unique import (
  all_architectures,
  architecture_string,
  canonical_form,
  published_form,
)

_N, _S, _C1, _C3, _P = (
  'none',
  'skip_connect',
  'nor_conv_1x1',
  'nor_conv_3x3',
  'avg_pool_3x3',
)


def _cell(*operations):
  return '|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|'.format(*operations)


def _numbered(text):
  """Terms of the output, in which each convolution has a number.

  A term is x, or (operation, number of its edge or -1, terms).
  """
  states = {0: ('x',), 1: (), 2: (), 3: ()}
  for number, (name, source, target) in enumerate(parse_nas_bench_201(text)):
    if name == _N or not states[source]:
      continue
    if name == _S:
      states[target] += states[source]
    else:
      own = number if name.startswith('nor_conv') else -1
      states[target] += ((name, own, states[source]),)
  return states[3]


def _numbers(terms):
  found = set()
  for term in terms:
    if term != 'x':
      found |= {term[1]} | _numbers(term[2])
  return found - {-1}


def _written(terms, names):
  return '+'.join(
    sorted(
      term
      if term == 'x'
      else f'{term[0]}{names.get(term[1], "")}({_written(term[2], names)})'
      for term in terms
    )
  )


def _isomorphic_form(text):
  """The least text over all ways to number convolutions."""
  terms = _numbered(text)
  numbers = sorted(_numbers(terms))
  return min(
    _written(terms, dict(zip(numbers, order)))
    for order in itertools.permutations(range(len(numbers)))
  )


class CanonicalFormTest(parameterized.TestCase):
  @parameterized.named_parameters(
    ('zero', (_N, _N, _N, _N, _N, _N), '0'),
    ('operations_on_zero', (_N, _N, _C3, _N, _P, _C1), '0'),
    ('dead_end', (_C3, _C1, _P, _N, _N, _N), '0'),
    ('input', (_N, _N, _N, _S, _N, _N), 'x'),
    ('input_by_way_of_1_and_2', (_S, _N, _S, _N, _N, _S), 'x'),
    ('input_twice', (_S, _N, _N, _S, _S, _N), 'x + x'),
    ('all_skip', (_S,) * 6, 'x + x + x + x'),
    (
      'none_in_a_sum',
      (_N, _P, _N, _S, _N, _C1),
      'nor_conv_1x1(avg_pool_3x3(x)) + x',
    ),
    (
      'sum_in_a_sum',
      (_N, _P, _N, _C3, _N, _S),
      'avg_pool_3x3(x) + nor_conv_3x3(x)',
    ),
    (
      'sorted_inside',
      (_S, _S, _P, _N, _N, _C1),
      'nor_conv_1x1(avg_pool_3x3(x) + x)',
    ),
    (
      'two_convolutions',
      (_C3, _N, _N, _C3, _S, _N),
      'nor_conv_3x3(x) + nor_conv_3x3(x)',
    ),
    (
      'one_convolution_twice',
      (_C3, _N, _S, _N, _S, _S),
      'nor_conv_3x3*(x) + nor_conv_3x3*(x)',
    ),
    (
      'pools_have_no_weights',
      (_P, _N, _S, _N, _S, _S),
      'avg_pool_3x3(x) + avg_pool_3x3(x)',
    ),
    (
      'twice_inside_and_outside',
      (_C1, _N, _C3, _N, _S, _S),
      'nor_conv_1x1*(x) + nor_conv_3x3(nor_conv_1x1*(x))',
    ),
    ('used_once', (_C1, _N, _C3, _N, _S, _N), 'nor_conv_1x1(x)'),
  )
  def test_form(self, operations, form):
    self.assertEqual(canonical_form(_cell(*operations)), form)

  def test_without_the_mark(self):
    shared = _cell(_C3, _N, _S, _N, _S, _S)
    separate = _cell(_C3, _N, _N, _C3, _S, _N)
    self.assertNotEqual(canonical_form(shared), canonical_form(separate))
    self.assertEqual(
      canonical_form(shared, distinguish_shared=False),
      canonical_form(separate, distinguish_shared=False),
    )

  def test_genotypes(self):
    text = _cell(_P, _N, _C1, _S, _N, _C3)
    genotype = Genotype.from_nas_bench_201_string(text)
    self.assertEqual(canonical_form(genotype), canonical_form(text))
    self.assertEqual(published_form(genotype), published_form(text))
    self.assertEqual(architecture_string(genotype), text)
    self.assertEqual(architecture_string(f' {text}\n'), text)

  @parameterized.parameters(canonical_form, published_form)
  def test_refused(self, form):
    with self.assertRaisesRegex(InputError, 'Received: text='):
      form('|none~0|')
    with self.assertRaisesRegex(InputError, "operation='max_pool_3x3'"):
      form(_cell(*5 * [_N], 'max_pool_3x3'))


class WholeSpaceTest(absltest.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.architectures = list(all_architectures())

  def test_all_architectures(self):
    self.assertLen(set(self.architectures), 5**6)
    for text in self.architectures[::1000]:
      self.assertEqual(architecture_string(text), text)

  def test_equal_forms_are_isomorphic_cells(self):
    forms = {
      (canonical_form(text), _isomorphic_form(text))
      for text in self.architectures
    }
    # One to one: neither form tells apart what the other does not.
    for each in zip(*forms):
      self.assertLen(set(each), len(forms))
    self.assertLen(forms, 5260)

  def test_plain_expressions(self):
    plain = {}
    for text in self.architectures:
      plain.setdefault(canonical_form(text, False), set()).add(
        _written(_numbered(text), {})
      )
    self.assertLen(plain, 4930)
    self.assertEqual({len(forms) for forms in plain.values()}, {1})

  def test_published_counts(self):
    forms = collections.defaultdict(set)
    for text in self.architectures:
      forms[published_form(text)].add(canonical_form(text, False))
    self.assertLen(forms, 6466)
    # It simplifies less, and never wrongly as far as expressions go.
    self.assertEqual({len(plain) for plain in forms.values()}, {1})
    self.assertLen(
      {published_form(text, zeros=False) for text in self.architectures}, 12751
    )


if __name__ == '__main__':
  absltest.main()
