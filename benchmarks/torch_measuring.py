"""What the PyTorch programs of this directory share: flags, clock, result.

Import it before PyTorch: the time to the first step counts from here.
"""

import time

_START = time.perf_counter()

import argparse  # noqa: E402
import contextlib  # noqa: E402
import json  # noqa: E402
import pathlib  # noqa: E402
import resource  # noqa: E402
import statistics  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

import torch  # noqa: E402
from torch import nn  # noqa: E402

CLASSES = 10


def make_parser(description: str) -> argparse.ArgumentParser:
  """Returns a parser of the flags that all programs have."""
  parser = argparse.ArgumentParser(
    description=description,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.add_argument('--channels', type=int, default=16)
  parser.add_argument('--cells', type=int, default=8)
  parser.add_argument('--batch', type=int, default=64)
  parser.add_argument('--image', type=int, default=32)
  parser.add_argument('--steps', type=int, default=5)
  parser.add_argument('--threads', type=int, default=2)
  parser.add_argument('--channels_last', action='store_true')
  parser.add_argument('--compile', action='store_true')
  parser.add_argument('--device', choices=['cpu', 'cuda'], default='cpu')
  parser.add_argument(
    '--bfloat16', action='store_true', help='compute under autocast'
  )
  return parser


class Setting:
  """A device, a layout and a precision, as flags describe them.

  Args:
    options: parsed by `make_parser`.
  """

  def __init__(self, options: argparse.Namespace):
    self.options = options
    self._format = (
      torch.channels_last if options.channels_last else torch.contiguous_format
    )
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)

  def place(self, net: nn.Module) -> nn.Module:
    """Moves a network to the device, in the layout."""
    return net.to(self.options.device, memory_format=self._format)

  def function(self, net: nn.Module) -> Callable[..., Any]:
    """Returns what computes a network's outputs."""
    return torch.compile(net) if self.options.compile else net

  def batch(self) -> tuple[torch.Tensor, torch.Tensor]:
    """Draws images and labels, on the device."""
    size, device = self.options.image, self.options.device
    images = torch.randn(self.options.batch, 3, size, size, device=device)
    labels = torch.randint(0, CLASSES, (self.options.batch,), device=device)
    return images.contiguous(memory_format=self._format), labels

  def precision(self) -> contextlib.AbstractContextManager:
    """Returns the context in which the network computes."""
    return torch.autocast(
      self.options.device, torch.bfloat16, enabled=self.options.bfloat16
    )

  def measure(
    self, step: Callable[[], Any], warm_up: int = 0, **fields: Any
  ) -> None:
    """Runs steps and prints a line of JSON.

    Args:
      step: trains on one batch.
      warm_up: steps between the first one and those that are timed.
      **fields: printed, too.
    """
    self._timed(step)
    to_first = time.perf_counter() - _START
    for _ in range(warm_up):
      self._timed(step)
    seconds = [self._timed(step) for _ in range(self.options.steps)]
    print(
      json.dumps(
        {
          'baseline': f'torch-{"compile" if self.options.compile else "eager"}',
          'torch': torch.__version__,
          'channels': self.options.channels,
          'cells': self.options.cells,
          'batch': self.options.batch,
          'precision': 'bfloat16' if self.options.bfloat16 else 'float32',
          **fields,
          'seconds_per_step_median': round(statistics.median(seconds), 4),
          'seconds_per_step_min': round(min(seconds), 4),
          'seconds_to_first_step': round(to_first, 2),
          'peak_rss_mib': round(_peak_memory_mib()),
          **self._device_fields(),
        }
      )
    )

  def _timed(self, step: Callable[[], Any]) -> float:
    start = time.perf_counter()
    step()
    if self.options.device == 'cuda':
      torch.cuda.synchronize()  # Kernels run on after the call.
    return time.perf_counter() - start

  def _device_fields(self) -> dict[str, Any]:
    if self.options.device == 'cpu':
      return {'device': 'CPU', 'peak_device_mib': None}
    return {
      'device': torch.cuda.get_device_name(),
      'peak_device_mib': round(torch.cuda.max_memory_allocated() / 2**20),
    }


def _peak_memory_mib() -> float:
  """Returns the largest resident size, as `darts_tf.system.memory` does."""
  status = pathlib.Path('/proc/self/status')
  if status.exists():
    for line in status.read_text().splitlines():
      if line.startswith('VmHWM:'):
        return int(line.split()[1]) / 1024
  return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
