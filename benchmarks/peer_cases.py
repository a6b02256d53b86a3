"""What is measured beside PyTorch, and how the two take turns."""

import dataclasses
import os
import pathlib
import platform
import sys
from collections.abc import Callable, Iterable
from typing import Any

from measuring import FailedMeasurement, Results

LAYOUTS = ('--channels_last', '')
MACHINE = 'machine'

# `measure` of measuring.py, or what stands in for it.
Measure = Callable[..., dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class Case:
  """Work that both sides do.

  Args:
    work: a name of it.
    channels: of the first cell.
    cells: number of cells.
    batch: images of a step.
    program: of PyTorch, in this directory.
    ours: further flags of `bin/benchmark.py`.
    peer: further flags of the program.
  """

  work: str
  channels: int
  cells: int
  batch: int
  program: str
  ours: tuple[str, ...]
  peer: tuple[str, ...] = ()

  def __str__(self) -> str:
    return f'{self.work}, {self.channels}/{self.cells}/{self.batch}'

  @property
  def compiled(self) -> str:
    """The name under which PyTorch's compiled step is recorded."""
    return f'{self}, torch.compile'

  def our_command(self, steps: int) -> list[str]:
    """Returns the command that measures this library."""
    return [
      sys.executable,
      'bin/benchmark.py',
      f'--channels={self.channels}',
      f'--cells={self.cells}',
      f'--batch_size={self.batch}',
      f'--steps={steps}',
      *self.ours,
    ]

  def peer_command(self, python: str, steps: int, *options: str) -> list[str]:
    """Returns the command that measures PyTorch."""
    return [
      python,
      f'benchmarks/{self.program}',
      f'--channels={self.channels}',
      f'--cells={self.cells}',
      f'--batch={self.batch}',
      f'--steps={steps}',
      *self.peer,
      *filter(None, options),
    ]


def _search(order: str, gradient: str, peer: str, *size: int) -> Case:
  return Case(
    f'search, {order}',
    *size,
    'torch_darts_step.py',
    (f'--gradient={gradient}',),
    (f'--order={peer}',),
  )


def _retraining(*size: int) -> Case:
  return Case(
    'retraining `DARTS_V2`',
    *size,
    'torch_network_step.py',
    ('--genotype=DARTS_V2',),
  )


CASES = (
  _search('first order', 'first_order', 'first', 16, 8, 64),
  _search(
    'second order (exact here, by differences there)',
    'second_order_exact',
    'second',
    16,
    8,
    64,
  ),
  _search('first order', 'first_order', 'first', 8, 5, 32),
  _retraining(16, 8, 64),
  _retraining(36, 20, 64),
)


@dataclasses.dataclass(frozen=True)
class Settings:
  """How cases are measured.

  Args:
    python: interpreter that has PyTorch.
    rounds: how often both sides are measured.
    steps: that are timed each time.
    compile_limit: seconds that `torch.compile` is given, once a case, for
      its whole measurement; `None` to leave it out.
  """

  python: str
  rounds: int
  steps: int
  compile_limit: float | None


def measure_in_turn(
  case: Case, settings: Settings, results: Results, measure: Measure
) -> None:
  """Measures both sides in turn; goes on with what results lack.

  Args:
    case: what is measured.
    settings: how.
    results: receives a pair of `ours` and the `peer`, whose layout is the
      faster one, under the name of the case for each round; the first pair
      has the `slower_layout`, too. `torch.compile` has a name of its own.
    measure: runs a command and returns the JSON that it prints.
  """
  for done in range(len(results[str(case)]), settings.rounds):
    layouts = LAYOUTS
    if done:
      layouts = (results[str(case)][0]['peer']['layout'],)
    pair = {'ours': measure(case.our_command(settings.steps))}
    peers = [_peer(case, settings, layout, measure) for layout in layouts]
    peers.sort(key=lambda peer: peer['seconds_per_step_median'])
    pair |= dict(zip(('peer', 'slower_layout'), peers))
    results.add(str(case), pair)
  if settings.compile_limit and not results[case.compiled]:
    layout = results[str(case)][0]['peer']['layout']
    results.add(case.compiled, _compiled(case, settings, layout, measure))


def _peer(
  case: Case, settings: Settings, layout: str, measure: Measure
) -> dict[str, Any]:
  command = case.peer_command(settings.python, settings.steps, layout)
  return measure(command) | {'layout': layout}


def _compiled(
  case: Case, settings: Settings, layout: str, measure: Measure
) -> dict[str, Any]:
  """Measures a compiled step, or says why there is none."""
  command = case.peer_command(
    settings.python, settings.steps, layout, '--compile'
  )
  try:
    result = measure(command, limit=settings.compile_limit)
  except FailedMeasurement as error:
    print(f'  torch.compile: {error.reason}')
    result = {'not_measured': error.reason}
  return result | {'layout': layout}


def compare(
  cases: Iterable[Case], settings: Settings, results: Results, measure: Measure
) -> dict[str, str]:
  """Measures all cases; see `measure_in_turn`.

  A case that fails does not keep the others from being measured.

  Returns:
    Case to reason, for those that have failed.

  Raises:
    RunStateError: if the results so far are of another machine.
  """
  results.belong_to(MACHINE, this_machine())
  failed = {}
  for case in cases:
    print(case, flush=True)
    try:
      measure_in_turn(case, settings, results, measure)
    except FailedMeasurement as error:
      print(f'  {error}', flush=True)
      failed[str(case)] = error.reason
  return failed


def this_machine() -> dict[str, Any]:
  """Returns the processor of this machine and the number of its cores."""
  processor = platform.processor() or platform.machine()
  information = pathlib.Path('/proc/cpuinfo')
  if information.exists():
    for line in information.read_text().splitlines():
      if line.startswith('model name'):
        processor = line.partition(':')[2].strip()
        break
  return {'processor': processor, 'cores': os.cpu_count()}
