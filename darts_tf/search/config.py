"""Options of a search."""

import dataclasses
from typing import Any

from darts_tf.architecture_gradient import architecture_gradients
from darts_tf.config.options import option
from darts_tf.config.parts import Axis, part_fields
from darts_tf.layers.form import forms
from darts_tf.penalty import penalties
from darts_tf.relaxation import relaxations
from darts_tf.runs.run_config import RunConfig
from darts_tf.schedule import schedules
from darts_tf.selection import selections
from darts_tf.step import steps
from darts_tf.stopping import stops

# The axes whose parts a method chooses, by the option that replaces them.
# The form of the supernet has no name: its options are given alone.
AXES: dict[str, Axis] = {
  'relaxation': relaxations,
  'gradient': architecture_gradients,
  'penalties': penalties,
  'form': forms,
  'step': steps,
  'schedule': schedules,
  'stop': stops,
  'selection': selections,
}


def by_method(base: Any, help: str, **rules: Any) -> Any:
  """An option that methods have published defaults for.

  Args:
    base: its value where the method has none.
    help: one line for `--help`.
    **rules: see `option`.
  """
  return option(
    None, f"{help} By default the method's, or {base}.", base=base, **rules
  )


def _axis(kind: str, help: str) -> Any:
  return option(
    None,
    f'{help}: {", ".join(AXES[kind])}; with options, if need be, as'
    " NAME:OPTION=VALUE. By default the method's.",
  )


@dataclasses.dataclass(frozen=True)
class BaseSearchConfig(RunConfig):
  """The options of a search other than those of the parts of its method."""

  search_space: str = option('darts', 'Name of a search space.')
  method: str = option('darts', 'Name of a method; see --list_methods.')
  relaxation: str | None = _axis('relaxation', 'Relaxation')
  gradient: str | None = _axis('gradient', 'Architecture gradient')
  penalties: str | None = _axis(
    'penalties', 'Penalties, separated by commas, or none'
  )
  step: str | None = _axis('step', 'Step')
  schedule: str | None = _axis('schedule', 'Schedule')
  stop: str | None = _axis('stop', 'Stop rules, separated by commas, or none')
  selection: str | None = _axis('selection', 'Selection')
  discretization: str | None = option(
    None,
    'Rule that turns mixing weights into a genotype; by default that of the'
    ' method or of the search space.',
  )
  epochs: int | None = option(
    None,
    "Passes over the weights' share of the data; by default the method's, or"
    " 50, or the sum of the schedule's cycles.",
    least=1,
  )
  batch_size: int | None = by_method(
    64, 'Images of a step, of all replicas.', least=1
  )
  max_batch_size: int | None = option(
    None,
    'Where batches grow to from --batch_size while memory allows; by'
    ' default they do not grow.',
    least=1,
  )
  batch_multiple: int | None = option(
    None, 'Growing batches are multiples of this; 8 by default.', least=1
  )
  memory_budget: float | None = option(
    None,
    'MiB that the search may take beyond what the process holds'
    ' before its first step; by default what is free.',
    least=1,
  )
  channels: int | None = option(
    None,
    "Channels of the first cell's nodes; by default the search space's.",
    least=1,
  )
  cells: int | None = option(
    None, "Number of cells; by default the search space's.", least=1
  )
  stem: str = option('auto', 'conv, conv_1x, strided, imagenet, none, or auto.')
  weight_portion: float | None = option(
    None,
    'Share of the training set that trains weights; the rest trains'
    ' the architecture. By default 0.5, and 0.9 with --gradient=one_level,'
    ' where the rest is held out for evaluation.',
  )
  grace_epochs: int | None = by_method(
    0, 'Epochs at the start in which only weights are trained.', least=0
  )
  learning_rate: float | None = by_method(
    0.025, 'First learning rate of the weights.'
  )
  learning_rate_min: float | None = by_method(
    0.001, 'Last learning rate of the weights, by a cosine.', least=0
  )
  momentum: float | None = by_method(
    0.9, 'Momentum of the SGD of the weights.', least=0, below=1
  )
  nesterov: bool | None = by_method(
    False, 'Whether the momentum of the weights is that of Nesterov.'
  )
  weight_decay: float | None = by_method(
    3e-4, 'Coupled L2 factor of the weights.', least=0
  )
  clip_norm: float | None = by_method(
    5.0, "Largest global norm of the weights' gradient."
  )
  alpha_optimizer: str | None = by_method(
    'adam', 'Optimizer of the alphas.', choices=('adam', 'sgd')
  )
  alpha_learning_rate: float | None = by_method(
    3e-4, 'Learning rate of the alphas.'
  )
  alpha_beta_1: float | None = by_method(
    0.5, "First beta of the alphas' Adam.", least=0, below=1
  )
  alpha_beta_2: float | None = by_method(
    0.999, "Second beta of the alphas' Adam.", least=0, below=1
  )
  alpha_weight_decay: float | None = by_method(
    1e-3, 'Coupled L2 factor of the alphas.', least=0
  )
  alpha_clip_norm: float | None = option(
    None,
    "Largest global norm of the alphas' gradient; by default the method's,"
    ' or no limit.',
    least=0,
  )
  alpha_scale: float | None = by_method(
    1e-3,
    'Standard deviation of the first alphas; 0 for equal weights.',
    least=0,
  )
  alpha_mean: float | None = by_method(0.0, 'Mean of the first alphas.')
  auxiliary: bool = option(
    False,
    'Whether the supernet has a second classifier after two thirds'
    ' of its cells, which takes part in both losses.',
  )
  auxiliary_weight: float = option(
    0.4, "Weight of the second classifier's loss.", least=0
  )
  drop_path: float | None = by_method(
    0.0,
    'Probability of leaving out an edge for an image, reached at the end.',
    least=0,
    below=1,
  )
  evaluate_every: int = option(
    1,
    "Epochs between evaluations on the architecture's share of the"
    ' data; the last epoch is always evaluated; 0 for the last only. With a'
    ' stop rule any epoch may be the last, and each is evaluated.',
    least=0,
  )
  eigenvalue_every: int | None = by_method(
    0,
    'Epochs between computations of the largest eigenvalue of the'
    ' Hessian of the validation loss by the alphas; 0 for none.',
    least=0,
  )
  eigenvalue_method: str = option(
    'exact',
    'By the whole Hessian, or from products with it.',
    choices=('exact', 'power'),
  )
  benchmark_table: str | None = option(
    None,
    'CSV file of published accuracies; each epoch then has that of'
    ' its architecture. For --search_space=nas_bench_201.',
    pinned=False,
  )


# The options of parts are fields, too: a new part needs no other entry.
SearchConfig = dataclasses.make_dataclass(
  'SearchConfig',
  part_fields(AXES.values()),
  bases=(BaseSearchConfig,),
  frozen=True,
  namespace={
    '__doc__': 'A search; see the `help` of each option.',
    '__module__': __name__,
  },
)

# The options of parts that have flags of their own.
PART_OPTIONS = tuple(
  field.name
  for field in dataclasses.fields(SearchConfig)
  if field.name not in {f.name for f in dataclasses.fields(BaseSearchConfig)}
)


def added_defaults() -> dict[str, Any]:
  """Options that recorded runs may lack, and what a lack of them means.

  Options of parts were added with their parts; a run from before has the
  default of the part.
  """
  defaults = {
    field.name: field.default
    for axis in AXES.values()
    for part in map(axis.__getitem__, axis)
    for field in dataclasses.fields(part)
  }
  bases = {
    field.name: field.metadata['base']
    for field in dataclasses.fields(BaseSearchConfig)
    if field.metadata.get('base') is not None
  }
  return {**defaults, **bases}
