"""Options of a search."""

import dataclasses

from darts_tf.config.options import option
from darts_tf.runs.run_config import RunConfig


@dataclasses.dataclass(frozen=True)
class SearchConfig(RunConfig):
  """A search; defaults are those of DARTS (arXiv:1806.09055)."""

  search_space: str = option('darts', 'Name of a search space.')
  method: str = option('darts', 'Name of a method.')
  gradient: str | None = option(
    None,
    'Architecture gradient: one_level, first_order, second_order,'
    ' second_order_exact, amended, amended_exact, implicit or implicit_cg;'
    " by default the method's.",
  )
  eta: float | None = option(
    None, 'Coefficient of the amended gradients; 0.1 by default.'
  )
  difference_radius: float | None = option(
    None,
    'Length of the steps of finite differences in weight space, with'
    ' --gradient=second_order (0.01 by default) or amended (0.1).',
  )
  neumann_terms: int | None = option(
    None,
    'Terms of the series of --gradient=implicit beyond the first; 2'
    ' by default.',
  )
  neumann_step: float | None = option(
    None,
    'Step size of that series; by default the current learning rate'
    ' of the weights.',
  )
  cg_iterations: int | None = option(
    None, 'Iterations of --gradient=implicit_cg; 10 by default.'
  )
  damping: float | None = option(
    None,
    'Added to the eigenvalues of the Hessian with'
    ' --gradient=implicit_cg; 0.01 by default.',
  )
  beta_decay: float | None = option(
    None,
    'What the weight of the regularization of --method=beta_darts'
    ' tends to; 50 by default.',
    least=0,
  )
  discretization: str | None = option(
    None,
    'Rule that turns alphas into a genotype; by default that of the'
    ' method or of the search space.',
  )
  epochs: int | None = option(
    None,
    "Passes over the weights' share of the data; 50 by default, or"
    " what the method's cycles add up to.",
    least=1,
  )
  batch_size: int = option(64, 'Images of a step, of all replicas.', least=1)
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
  grace_epochs: int = option(
    0, 'Epochs at the start in which only weights are trained.', least=0
  )
  cycle_epochs: str | None = option(
    None,
    'Epochs of each cycle of --method=prune_replace, as 15,15,10;'
    ' by default the table of the paper.',
  )
  cycle_grace_epochs: str | None = option(
    None, 'Epochs at the start of each cycle in which only weights are trained.'
  )
  cycle_morphisms: str | None = option(
    None, 'New candidates of an edge at the end of each cycle.'
  )
  cycle_candidates: str | None = option(
    None, 'Candidates of an edge after each cycle; 1 after the last.'
  )
  learning_rate: float = option(0.025, 'First learning rate of the weights.')
  learning_rate_min: float = option(
    0.001, 'Last learning rate of the weights, by a cosine.', least=0
  )
  momentum: float = option(0.9, "Of the weights' SGD.", least=0, below=1)
  weight_decay: float = option(
    3e-4, 'Coupled L2 factor of the weights.', least=0
  )
  clip_norm: float = option(
    5.0, "Largest global norm of the weights' gradient."
  )
  alpha_learning_rate: float = option(3e-4, 'Of Adam on the alphas.')
  alpha_beta_1: float = option(0.5, 'Of Adam on the alphas.', least=0, below=1)
  alpha_beta_2: float = option(
    0.999, 'Of Adam on the alphas.', least=0, below=1
  )
  alpha_weight_decay: float = option(
    1e-3, 'Coupled L2 factor of the alphas.', least=0
  )
  alpha_scale: float | None = option(
    None,
    'Standard deviation of the first alphas; 0 for equal weights. By'
    ' default 0.001, and 0 with --method=prune_replace.',
    least=0,
  )
  auxiliary: bool = option(
    False,
    'Whether the supernet has a second classifier after two thirds'
    ' of its cells, which takes part in both losses.',
  )
  auxiliary_weight: float = option(
    0.4, "Weight of the second classifier's loss.", least=0
  )
  drop_path: float = option(
    0.0,
    'Probability of leaving out an edge for an image, reached at the end.',
    least=0,
    below=1,
  )
  evaluate_every: int = option(
    1,
    "Epochs between evaluations on the architecture's share of the"
    ' data; the last epoch is always evaluated; 0 for the last only.',
    least=0,
  )
  eigenvalue_every: int = option(
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


GRADIENT_OPTIONS = (
  'eta',
  'difference_radius',
  'neumann_terms',
  'neumann_step',
  'cg_iterations',
  'damping',
)
RELAXATION_OPTIONS = ('beta_decay',)
SCHEDULE_OPTIONS = (
  'cycle_epochs',
  'cycle_grace_epochs',
  'cycle_morphisms',
  'cycle_candidates',
)
