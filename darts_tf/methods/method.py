"""A method: one choice on each axis of differentiable search."""

import dataclasses

from darts_tf.config.registry import Registry


@dataclasses.dataclass(frozen=True)
class Method:
  """A published method as a composition.

  Args:
    name: name of the method.
    arxiv: where it was published.
    relaxation: name in `darts_tf.relaxation.relaxations`.
    gradient: name in
      `darts_tf.architecture_gradient.architecture_gradients`, unless
      another is asked for.
    discretization: name in `darts_tf.discretize.discretizations`; `None`
      for the search space's own.
    schedule: name in `darts_tf.schedule.schedules`.
    alpha_scale: standard deviation of the first alphas, unless another is
      asked for.
  """

  name: str
  arxiv: str
  relaxation: str
  gradient: str
  discretization: str | None = None
  schedule: str = 'constant'
  alpha_scale: float = 1e-3


methods: Registry[Method] = Registry('method')


def register_method(method: Method) -> Method:
  """Makes a method known by its name."""
  return methods.register(method.name, method)
