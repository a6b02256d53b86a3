"""The result of one search of a study."""

import dataclasses
import statistics
from typing import Any

from darts_tf.config.errors import InputError
from darts_tf.genotype import Genotype
from darts_tf.study.truth import Truth


@dataclasses.dataclass(frozen=True)
class Outcome:
  """The result of one search; accuracies are in percent.

  Epochs count from 1: the course tells the accuracy after so many of them.

  Args:
    arm: name of the arm.
    seed: of the search.
    accuracy: at the end; `Truth` defines it.
    rank: in the table, if there is one.
    best_accuracy: greatest of the course; `None` without a course.
    best_epoch: the first epoch that has it.
    skip_connections: in the final architecture, of all its cells.
    none_edges: edges with `none` in the final architecture.
    minutes: of training, without start-up and evaluation.
    seconds_per_epoch: median; `None` in a random search.
    peak_memory_mib: largest resident size of the process.
    architecture: NAS-Bench-201 string or JSON.
    course: `(epoch, accuracy)` of each epoch in which it is known.
  """

  arm: str
  seed: int
  accuracy: float
  rank: int | None
  best_accuracy: float | None
  best_epoch: int | None
  skip_connections: int
  none_edges: int
  minutes: float
  seconds_per_epoch: float | None
  peak_memory_mib: float
  architecture: str
  course: tuple[tuple[int, float], ...]


def make_outcome(
  arm: str, seed: int, result: dict[str, Any], truth: Truth
) -> Outcome:
  """Judges the result of a search.

  Args:
    arm: name of the arm.
    seed: of the search.
    result: the contents of its `study_result.json`.
    truth: judges the architectures.

  Returns:
    The outcome.

  Raises:
    InputError: if the table lacks the final architecture.
  """
  genotype = Genotype.from_dict(result['genotype'])
  accuracy = truth.accuracy(result)
  if accuracy is None:
    raise InputError(
      'The benchmark table lacks the architecture that a search has found;'
      ' expected a table of the whole space. Received: architecture='
      f'{genotype.to_nas_bench_201_string()!r}, arm={arm!r}, seed={seed}'
    )
  course = tuple(
    (line['epoch'], value)
    for line in result['course']
    if (value := truth.accuracy(line)) is not None
  )
  best = max(course, key=lambda point: point[1], default=(None, None))
  operations = [
    edge.operation for cell in genotype.cells.values() for edge in cell.edges
  ]
  return Outcome(
    arm=arm,
    seed=seed,
    accuracy=accuracy,
    rank=truth.rank(result),
    best_accuracy=best[1],
    best_epoch=best[0],
    skip_connections=operations.count('skip_connect'),
    none_edges=operations.count('none'),
    minutes=sum(result['seconds']) / 60,
    seconds_per_epoch=(
      statistics.median(result['seconds']) if course else None
    ),
    peak_memory_mib=result['peak_memory_mib'],
    architecture=(
      genotype.to_nas_bench_201_string()
      if genotype.search_space == 'nas_bench_201'
      else genotype.to_json()
    ),
    course=course,
  )
