"""Writes docs/conformance.md from the registries and the tests.

python tests/conformance/conformance_page.py
"""

import ast
import pathlib
from collections.abc import Iterator

from conformance_cases import (
  CHEAPEST,
  COSTLY,
  GRADIENT,
  GRADIENTS,
  MAIN,
  METHOD,
  METHODS,
  RELAXATIONS,
  RULES,
  SPACES,
  Case,
  cases_of_gradients,
  cases_of_spaces,
  fewest_cells,
)

HERE = pathlib.Path(__file__).parent
PAGE = HERE.parents[1] / 'docs/conformance.md'

# File of the contracts, and what they are repeated for.
_PARTS = (
  ('search_contracts.py', 'each search space with each gradient'),
  ('replica_contracts.py', 'each search space with each gradient'),
  ('placement_contracts.py', 'each search space with each gradient'),
  ('test_networks.py', 'each search space'),
  ('test_discretizations.py', 'each search space with each rule'),
  ('test_relaxations.py', 'each search space with each relaxation'),
)

_TEXT = """\
# Conformance

<!-- Written by tests/conformance/conformance_page.py. -->

What is registered is held to the same contracts, whatever it is. The tests
in `tests/conformance/` are generated from the registries of the package: a
search space, an architecture gradient, a method, a relaxation or a
discretization rule that is added to them is covered without a test being
written.

```sh
python -m pytest tests/conformance            # what runs by default
python -m pytest -m slow tests/conformance    # the full product
```

## Contracts

{contracts}

All are as small as can be: the fewest cells that have all kinds, {channels}
channels, 8x8 images, batches of 8 or 4. Numbers are float32, in which the
eager and the compiled step agree to 1e-4. Replicas are compared in float64,
to 1e-9, with functions run eagerly, because compiling them for two replicas
takes ten times as long. Where `{gradient}` runs in a space other than
`{cheapest}`, the resumed run takes over the compiled step of the
uninterrupted one; elsewhere it compiles its own.

## Searches

`default`: runs with the other tests. `slow`: runs with `-m slow`, which also
runs all of the default ones.

{table}

By default each space runs with `{gradient}`, unless an earlier one has all
that it has or it takes very long ({costly}), and each gradient in the space
whose supernet is smallest, `{cheapest}`: {count_default} of {count}
searches.{methods} Two replicas and the GPU are looked at in
`{cheapest}` and {main} by default.

Rules: {rules}. Relaxations: {relaxations}.
All of them run by default in each space.
"""


def contracts() -> Iterator[tuple[str, str, str]]:
  """Yields name, repetition and description of each contract."""
  for file, repeated in _PARTS:
    for node in ast.walk(ast.parse((HERE / file).read_text('utf-8'))):
      if isinstance(node, ast.FunctionDef) and node.name.startswith('test_'):
        name = node.name.removeprefix('test_').replace('_', ' ')
        yield name, repeated, ' '.join(ast.get_docstring(node).split())


def table(header: list[str], rows: list[list[str]]) -> str:
  """Formats a table."""
  lines = [header, ['---'] * len(header), *rows]
  return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def page() -> str:
  """Returns the page."""
  cases = cases_of_spaces() + cases_of_gradients()
  mark = lambda case: 'default' if case.by_default else 'slow'
  others = [method for method in METHODS if method != METHOD]
  return _TEXT.format(
    contracts=table(
      ['contract', 'for', 'what'],
      [[name, repeated, what] for name, repeated, what in contracts()],
    ),
    channels=Case(CHEAPEST, GRADIENT).config().channels,
    gradient=GRADIENT,
    cheapest=CHEAPEST,
    table=table(
      [
        'search space',
        'cells',
        *(f'`{name}`' for name in GRADIENTS),
        *(f'method `{name}`' for name in others),
      ],
      [
        [
          f'`{space}`',
          str(fewest_cells(space)),
          *(
            mark(case)
            for gradient in GRADIENTS
            for case in cases
            if case[:2] == (space, gradient) and case.method == METHOD
          ),
          *(
            next(
              (
                mark(case)
                for case in cases
                if (case.space, case.method) == (space, method)
              ),
              'refused',
            )
            for method in others
          ),
        ]
        for space in SPACES
      ],
    ),
    main=', '.join(f'`{space}`' for space in MAIN),
    costly=', '.join(f'`{space}`' for space in COSTLY),
    count=len(cases),
    count_default=sum(c.by_default for c in cases),
    methods=(
      ' Other methods run in that space, too, with their own gradient.'
      if others
      else ''
    ),
    rules=', '.join(f'`{name}`' for name in RULES),
    relaxations=', '.join(f'`{name}`' for name in RELAXATIONS),
  )


if __name__ == '__main__':
  PAGE.write_text(page(), encoding='utf-8')
