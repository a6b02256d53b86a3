"""Kinds of files of reference numbers, told apart by their arrays."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping

import reference_methods as methods
import reference_steps as steps
from reference_files import ReferenceFile, Value

from darts_tf.config.errors import InputError

# What the numbers were computed from, in nearly all files.
_GIVEN = (
  'seed',
  'C',
  'layers',
  'N',
  'K',
  'candidates',
  'edges',
  'x_*',
  'y_*',
  'w/*',
  'b/*',
  'alpha',
  'alpha_normal',
  'alpha_reduce',
)


@dataclasses.dataclass(frozen=True)
class Kind:
  """A kind of file.

  Args:
    name: of the kind.
    has: patterns of names; a file of the kind has an array for each.
    lacks: and none for any of these.
    recompute: `recompute(file, edges)` yields what its arrays should be.
    given: patterns of the names of what was computed from.
    skipped: pattern to the reason why there is no counterpart here.
    not_covered: why no file of the kind can be compared.
  """

  name: str
  has: tuple[str, ...]
  recompute: Callable[[ReferenceFile, str], Iterator[Value]] | None = None
  given: tuple[str, ...] = ()
  lacks: tuple[str, ...] = ()
  skipped: Mapping[str, str] = dataclasses.field(default_factory=dict)
  not_covered: str = ''

  def fits(self, file: ReferenceFile) -> bool:
    """Tells whether a file is of this kind."""
    return all(map(file.any, self.has)) and not file.any(*self.lacks)


KINDS = (
  Kind(
    'search_parity',
    ('grad_alpha_first/*', 'xi'),
    steps.search_parity,
    (*_GIVEN, 'xi', 'momentum', 'weight_decay', 'eta'),
  ),
  Kind(
    'network_parity',
    ('genotype', 'eval_logits'),
    steps.network_parity,
    ('seed', 'C', 'layers', 'genotype', 'x', 'w/*'),
    skipped={
      'b/*num_batches_tracked': (
        'running statistics have a constant momentum here and count no batches'
      )
    },
  ),
  Kind(
    'pc_darts',
    ('beta_normal', 'K'),
    methods.pc_darts,
    (
      *_GIVEN,
      'beta_*',
      'mixture/weights',
      'mixture/input*',
      'mixture/cell_stride_2',
    ),
  ),
  Kind(
    "gdas, the release's network for the DARTS space",
    ('gumbel_train/*', 'gumbel_val/*', 'N'),
    not_covered=(
      'the network has another order of cells, other candidates and other'
      ' normalizations than any supernet here'
    ),
  ),
  Kind(
    'gdas',
    ('temperature', 'gumbel_train*', 'gumbel_val*'),
    methods.gdas,
    (*_GIVEN, 'temperature', 'gumbel_*'),
  ),
  Kind(
    'snas',
    ('temperature', 'gumbel_train/*'),
    methods.snas,
    (*_GIVEN, 'temperature', 'gumbel_train/*'),
  ),
  Kind(
    'fairdarts',
    ('zero_one', 'zero_one_weight'),
    methods.fair_darts,
    (*_GIVEN, 'zero_one_weight'),
  ),
  Kind(
    'sdarts',
    ('epsilon', '*/perturbed/*'),
    steps.sdarts,
    (
      *_GIVEN,
      'epsilon',
      'steps',
      '*/noise/*',
      'fallen/epsilon',
      'fallen/steps',
      'fallen/alpha_*',
    ),
  ),
  Kind('darts_minus', ('rate_*/*',), methods.darts_minus, _GIVEN),
  Kind('i_darts', ('with*_none/*',), methods.i_darts, _GIVEN),
  Kind(
    'beta_darts',
    ('regularizer', 'weight'),
    methods.beta_darts,
    (*_GIVEN, 'epoch', 'weight', 'darts/alpha_*'),
  ),
  Kind(
    'drnas',
    ('concentration/*', 'theta/*'),
    not_covered='there is no Dirichlet relaxation here',
  ),
)


def kind_of(file: ReferenceFile) -> Kind:
  """Returns the kind of a file.

  Raises:
    InputError: if it is of none.
  """
  for kind in KINDS:
    if kind.fits(file):
      return kind
  known = ', '.join(kind.name.partition(',')[0] for kind in KINDS)
  raise InputError(
    'The arrays of the file are those of no known kind; expected one of'
    f' {known}. Received: file={str(file.path)!r}'
  )
