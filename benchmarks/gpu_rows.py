"""What is measured on a GPU, and how the rows share the time."""

import dataclasses
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from measuring import ALLOCATOR, FailedMeasurement, Results

# `measure` of measuring.py, or what stands in for it.
Measure = Callable[..., dict[str, Any]]

# With less than this no row would come to its first step.
_LEAST_SECONDS = 20


@dataclasses.dataclass(frozen=True)
class Sizes:
  """Channels, cells and images of a batch.

  Args:
    search: of the supernet.
    retraining: of the network of `DARTS_V2`.
  """

  search: tuple[int, int, int]
  retraining: tuple[int, int, int]


SIZES = {
  'full': Sizes((16, 8, 64), (36, 20, 96)),
  'small': Sizes((4, 3, 8), (4, 3, 8)),
}


@dataclasses.dataclass(frozen=True)
class Row:
  """A measurement.

  Args:
    name: of what is measured.
    command: that measures it; `None` where there is no PyTorch.
    peer: name of the row that it is compared with.
  """

  name: str
  command: tuple[str, ...] | None
  peer: str | None = None


@dataclasses.dataclass(frozen=True)
class Commands:
  """The commands of both sides.

  Args:
    sizes: of all rows.
    steps: that are timed in a row.
    on_gpu: whether PyTorch is to use the GPU; TensorFlow does by itself.
    python: interpreter that has PyTorch; `None` to leave PyTorch out.
  """

  sizes: Sizes
  steps: int
  on_gpu: bool
  python: str | None

  def search(self, *options: str) -> tuple[str, ...]:
    """Returns the command that measures a step of our search."""
    return self._ours(self.sizes.search, *options)

  def retraining(self, *options: str) -> tuple[str, ...]:
    """Returns the command that measures a step of our retraining."""
    return self._ours(self.sizes.retraining, '--genotype=DARTS_V2', *options)

  def torch_search(self, *options: str) -> tuple[str, ...] | None:
    """Returns the command that measures PyTorch's step of a search."""
    return self._peer('torch_darts_step', self.sizes.search, *options)

  def torch_retraining(self, *options: str) -> tuple[str, ...] | None:
    """Returns the command that measures PyTorch's step of a retraining."""
    return self._peer('torch_network_step', self.sizes.retraining, *options)

  def _ours(self, size: tuple[int, int, int], *options: str):
    channels, cells, batch = size
    return (
      sys.executable,
      'bin/benchmark.py',
      f'--channels={channels}',
      f'--cells={cells}',
      f'--batch_size={batch}',
      f'--steps={self.steps}',
      # As PyTorch is by default; XLA knows nothing else.
      '--nodeterministic',
      *options,
    )

  def _peer(self, program: str, size: tuple[int, int, int], *options: str):
    if self.python is None:
      return None
    channels, cells, batch = size
    return (
      self.python,
      f'benchmarks/{program}.py',
      f'--channels={channels}',
      f'--cells={cells}',
      f'--batch={batch}',
      f'--steps={self.steps}',
      f'--device={"cuda" if self.on_gpu else "cpu"}',
      *options,
    )


def make_rows(commands: Commands) -> list[Row]:
  """Returns all rows, the most telling ones first."""
  first, second, retrained = (
    'PyTorch, search, first order',
    'PyTorch, search, second order by differences',
    'PyTorch, retraining',
  )
  ours, of_peer = commands.search, commands.torch_search
  half, torch_half = '--precision=mixed_bfloat16', '--bfloat16'
  trained, of_torch = commands.retraining, commands.torch_retraining
  return [
    Row('search, first order', ours('--gradient=first_order'), first),
    Row(first, of_peer('--order=first')),
    Row('retraining', trained(), retrained),
    Row(retrained, of_torch()),
    Row(
      'search, second order by differences',
      ours('--gradient=second_order'),
      second,
    ),
    Row(second, of_peer('--order=second')),
    Row('search, GDAS', ours('--method=gdas'), first),
    Row(
      'search, first order, bfloat16',
      ours('--gradient=first_order', half),
      f'{first}, bfloat16',
    ),
    Row(f'{first}, bfloat16', of_peer('--order=first', torch_half)),
    Row('retraining, bfloat16', trained(half), f'{retrained}, bfloat16'),
    Row(f'{retrained}, bfloat16', of_torch(torch_half, '--channels_last')),
    Row(
      'search, second order, exact',
      ours('--gradient=second_order_exact'),
      second,
    ),
    Row('retraining, XLA', trained('--xla'), f'{retrained}, compiled'),
    Row(f'{retrained}, compiled', of_torch('--compile')),
    Row(f'{retrained}, channels last', of_torch('--channels_last')),
    Row(f'{first}, channels last', of_peer('--order=first', '--channels_last')),
    Row('search, first order, XLA', ours('--gradient=first_order', '--xla')),
  ]


def measure_rows(
  rows: Iterable[Row],
  results: Results,
  measure: Measure,
  budget: float,
  limit: float,
  environment: dict[str, str] | None = None,
  clock: Callable[[], float] = time.monotonic,
) -> None:
  """Measures what results lack, as far as the time goes.

  Args:
    rows: all of them; the first ones come first.
    results: each row receives its measurement, or `not_measured` and why.
    measure: runs a command and returns the JSON that it prints.
    budget: seconds of all rows together.
    limit: seconds of one row at most.
    environment: variables beside those of the allocator.
    clock: returns seconds.
  """
  end = clock() + budget
  for row in rows:
    latest = results.latest(row.name)
    if latest is not None and 'not_measured' not in latest:
      continue
    print(row.name, flush=True)
    left = min(limit, end - clock())
    if row.command is None:
      result = {'not_measured': 'no PyTorch was given'}
    elif left < _LEAST_SECONDS:
      result = {'not_measured': 'the time was used up'}
    else:
      result = _measured(row.command, measure, left, environment)
    results.add(row.name, result)


def _measured(
  command: Sequence[str],
  measure: Measure,
  limit: float,
  environment: dict[str, str] | None,
) -> dict[str, Any]:
  try:
    return measure(command, {**ALLOCATOR, **(environment or {})}, limit)
  except FailedMeasurement as error:
    print(f'  not measured: {error.reason}')
    return {'not_measured': error.reason}


def table(rows: Iterable[Row], results: Results) -> str:
  """Returns all rows in Markdown.

  Memory is that of the device, or of the process where there is no GPU.
  """
  lines = [
    '| | seconds a step | over PyTorch | memory, MiB | to the first step, s |',
    '|---|---|---|---|---|',
  ]
  for row in rows:
    result = results.latest(row.name) or {'not_measured': 'not reached'}
    if 'not_measured' in result:
      lines.append(
        f'| {row.name} | not measured: {result["not_measured"]} | | | |'
      )
      continue
    seconds = result['seconds_per_step_median']
    peer = results.latest(row.peer) if row.peer else None
    ratio = '' if row.peer is None else '–'
    if peer and 'not_measured' not in peer:
      ratio = f'{seconds / peer["seconds_per_step_median"]:.2f}'
    memory = result['peak_device_mib'] or result['peak_rss_mib']
    lines.append(
      f'| {row.name} | {seconds:.4f} | {ratio} | {memory:,} |'
      f' {result["seconds_to_first_step"]:.0f} |'
    )
  return '\n'.join(lines)
