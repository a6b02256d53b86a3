"""The predictions and the speed of exported networks."""

import dataclasses
import statistics
import time
from collections.abc import Callable

import numpy as np

# Maps uint8 images (n, height, width, channels) to probabilities
# (n, classes).
Runner = Callable[[np.ndarray], np.ndarray]

_BATCH = 64
_WARM_UP = 5


@dataclasses.dataclass(frozen=True)
class Comparison:
  """The difference between predictions and those of the network.

  Args:
    largest_difference: largest difference of a probability.
    equal_predictions: share of the images with the same most likely class.
    images: number of images compared.
  """

  largest_difference: float
  equal_predictions: float
  images: int


def run_in_batches(run: Runner, images: np.ndarray) -> np.ndarray:
  """Returns the probabilities of any number of images.

  Args:
    run: takes a batch.
    images: uint8 `(n, height, width, channels)`, n > 0.
  """
  return np.concatenate(
    [
      run(images[start : start + _BATCH])
      for start in range(0, len(images), _BATCH)
    ]
  )


def compare(found: np.ndarray, expected: np.ndarray) -> Comparison:
  """Compares probabilities, `(images, classes)` both."""
  return Comparison(
    largest_difference=float(np.max(np.abs(found - expected))),
    equal_predictions=float(np.mean(found.argmax(-1) == expected.argmax(-1))),
    images=len(found),
  )


def median_milliseconds(run: Runner, image: np.ndarray, runs: int) -> float:
  """Returns the median time from an image to its probabilities.

  Args:
    run: takes a batch; it is called a few times before the clock starts.
    image: uint8 `(1, height, width, channels)`.
    runs: number of calls measured, at least one.
  """
  for _ in range(_WARM_UP):
    run(image)
  times = []
  for _ in range(runs):
    start = time.perf_counter()
    run(image)
    times.append(time.perf_counter() - start)
  return 1000 * statistics.median(times)
