"""Angles between corrections of the architecture gradient and the exact one.

On a random convex quadratic at the minimum of L_T in w, the exact gradient is
g1 - M H^-1 v (arXiv:1910.11831). The second-order correction is along -M v,
the amended one along -M H v, and a truncated Neumann series lies between.
"""

from typing import NamedTuple

import numpy as np

from darts_tf.config.errors import InputError


class Cosines(NamedTuple):
  """Cosines of the angles with the exact correction, one a problem.

  Args:
    second_order: of -M v, `(problems,)`.
    amended: of -M H v.
    neumann: of -M sum_{j=0..2} (I - H / lambda_max)^j v.
  """

  second_order: np.ndarray
  amended: np.ndarray
  neumann: np.ndarray


def correction_cosines(
  condition: float,
  num_problems: int = 1000,
  num_weights: int = 50,
  num_alphas: int = 10,
  seed: int = 0,
) -> Cosines:
  """Compares corrections on random problems.

  H has eigenvalues that are evenly spaced in logarithm from 1 / condition to
  1, M and v are standard normal (in the eigenbasis of H, which is no
  restriction).

  Args:
    condition: largest by smallest eigenvalue of H, 1 or more.
    num_problems: number of draws of M and v.
    num_weights: rows of H.
    num_alphas: rows of M.
    seed: of the draws.

  Returns:
    The cosines.

  Raises:
    InputError: if the condition is below 1.
  """
  if not condition >= 1:
    raise InputError(
      f'A condition number is at least 1. Received: condition={condition!r}'
    )
  rng = np.random.default_rng(seed)
  h = np.geomspace(1 / condition, 1, num_weights)
  m = rng.standard_normal((num_problems, num_alphas, num_weights))
  v = rng.standard_normal((num_problems, num_weights))

  def correction(factor):
    return -np.einsum('paw,pw->pa', m, factor * v)

  exact = correction(1 / h)

  def cosine(factor):
    other = correction(factor)
    return (exact * other).sum(-1) / (
      np.linalg.norm(exact, axis=-1) * np.linalg.norm(other, axis=-1)
    )

  return Cosines(
    cosine(np.ones_like(h)),
    cosine(h),
    cosine(sum((1 - h) ** j for j in range(3))),
  )
