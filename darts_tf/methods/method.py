"""A method: one choice on each axis of differentiable search."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from darts_tf.architecture_gradient import Estimator, FirstOrder
from darts_tf.config.registry import Registry
from darts_tf.discretize import Rule
from darts_tf.layers.form import SupernetForm
from darts_tf.penalty import Penalty
from darts_tf.relaxation import Relaxation, Softmax
from darts_tf.schedule import Constant, Schedule
from darts_tf.selection import Magnitude, Selection
from darts_tf.step import Alternating, Step
from darts_tf.stopping import StopRule


@dataclasses.dataclass(frozen=True)
class Method:
  """A published method as a composition.

  Args:
    name: name of the method.
    arxiv: its arXiv id; `None` if it has none.
    source: where it was published, if not on arXiv.
    space: the search space of the published settings.
    relaxation: see `darts_tf.relaxation`.
    gradient: see `darts_tf.architecture_gradient`.
    penalties: see `darts_tf.penalty`.
    form: see `darts_tf.layers.form`.
    step: see `darts_tf.step`.
    schedule: see `darts_tf.schedule`.
    stops: see `darts_tf.stopping`.
    selection: see `darts_tf.selection`.
    discretization: see `darts_tf.discretize`; `None` for the search space's
      own.
    defaults: published values of options of `SearchConfig`.
  """

  name: str
  arxiv: str | None = None
  source: str | None = None
  space: str = 'darts'
  relaxation: Relaxation = Softmax()
  gradient: Estimator = FirstOrder()
  penalties: tuple[Penalty, ...] = ()
  form: SupernetForm = SupernetForm()
  step: Step = Alternating()
  schedule: Schedule = Constant()
  stops: tuple[StopRule, ...] = ()
  selection: Selection = Magnitude()
  discretization: Rule | None = None
  defaults: Mapping[str, Any] = dataclasses.field(default_factory=dict)

  @property
  def reference(self) -> str:
    """The publication of the method, as text."""
    return f'arXiv:{self.arxiv}' if self.arxiv else str(self.source)


methods: Registry[Method] = Registry('method')


def register_method(method: Method) -> Method:
  """Makes a method known by its name."""
  return methods.register(method.name, method)
