"""Statistics that compare estimates of the architecture gradient."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class GradientStatistics:
  """An estimator's gradients on several batches, compared to first order.

  With g the estimates and c = g - g1 the corrections of first order, batch
  by batch:

  Args:
    relative_length: mean of |c| over mean of |g1|.
    cosine: of the means over batches of g and g1.
    signal_to_noise: median over the entries of |mean| / standard deviation
      over batches. Adam divides a gradient by its size, so this is the
      speed at which a noisy entry drifts, in learning rates a step.
  """

  relative_length: float
  cosine: float
  signal_to_noise: float


def gradient_statistics(
  gradient: np.ndarray, first_order: np.ndarray
) -> GradientStatistics:
  """Compares an estimator with first order.

  Args:
    gradient: `(batches, entries)`, at least two batches.
    first_order: the first-order gradient of the same batches.
  """
  length = lambda x: np.linalg.norm(x, axis=-1).mean()
  deviation = gradient.std(0, ddof=1)
  return GradientStatistics(
    _ratio(length(gradient - first_order), length(first_order)),
    cosine(gradient.mean(0), first_order.mean(0)),
    float(
      np.median(
        [_ratio(abs(m), d) for m, d in zip(gradient.mean(0), deviation)]
      )
    ),
  )


def correction_cosines(
  gradients: Mapping[str, np.ndarray], first_order: np.ndarray
) -> dict[str, dict[str, float]]:
  """Averages over batches the cosines between all pairs of corrections.

  Args:
    gradients: estimator to `(batches, entries)`.
    first_order: the first-order gradient of the same batches.

  Returns:
    Estimator to estimator to cosine.
  """
  corrections = {n: g - first_order for n, g in gradients.items()}
  return {
    a: {
      b: float(np.mean([cosine(*pair) for pair in zip(x, y)]))
      for b, y in corrections.items()
    }
    for a, x in corrections.items()
  }


def means_by_operation(
  gradient: np.ndarray, operations: Sequence[str], unit: float
) -> dict[str, float]:
  """Averages a gradient over batches and edges for each operation.

  Gradient descent raises operations whose mean is below 0.

  Args:
    gradient: `(batches, entries)`.
    operations: of each entry.
    unit: divisor of the means.
  """
  names = np.array(operations)
  return {
    name: _ratio(gradient[:, names == name].mean(), unit)
    for name in dict.fromkeys(operations)
  }


def cosine(x: np.ndarray, y: np.ndarray) -> float:
  """Returns <x, y> / (|x| |y|), and 0 where one of them is 0."""
  return _ratio(np.dot(x, y), np.linalg.norm(x) * np.linalg.norm(y))


def _ratio(numerator: float, denominator: float) -> float:
  return float(numerator / denominator) if denominator else 0.0


def gradient_tables(
  gradients: Mapping[str, np.ndarray],
  first_order: str,
  operations: Sequence[str],
) -> str:
  """Formats the statistics as three tables in Markdown.

  Args:
    gradients: estimator to `(batches, entries)`.
    first_order: name of the estimator that the others correct.
    operations: the candidate operation of each entry.
  """
  base = gradients[first_order]
  others = {n: g for n, g in gradients.items() if n != first_order}
  lines = [
    [
      'estimator',
      'correction / first order',
      'cosine with first order',
      'signal to noise',
    ],
    ['---', '---:', '---:', '---:'],
  ]
  for name, gradient in {first_order: base, **others}.items():
    row = gradient_statistics(gradient, base)
    lines.append(
      [
        name,
        f'{row.relative_length:.3g}',
        f'{row.cosine:.2f}',
        f'{row.signal_to_noise:.3f}',
      ]
    )
  lines += [
    [],
    ['cosine of corrections', *others],
    ['---', *['---:'] * len(others)],
  ]
  for name, row in correction_cosines(others, base).items():
    lines.append([name, *(f'{row[other]:.2f}' for other in others)])
  unit = float(np.sqrt((base.mean(0) ** 2).mean()))
  lines += [
    [],
    ['mean by operation', *dict.fromkeys(operations)],
    ['---', *['---:'] * len(set(operations))],
  ]
  for name, gradient in {first_order: base, **others}.items():
    means = means_by_operation(gradient, operations, unit)
    lines.append([name, *(f'{value:+.2f}' for value in means.values())])
  return (
    '\n'.join(f'| {" | ".join(line)} |' if line else '' for line in lines)
    + '\n'
  )
