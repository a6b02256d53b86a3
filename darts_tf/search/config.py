"""Options of a search."""

import dataclasses

from darts_tf.options import option
from darts_tf.run_config import RunConfig


@dataclasses.dataclass(frozen=True)
class SearchConfig(RunConfig):
  """A search; defaults are those of DARTS (arXiv:1806.09055)."""

  search_space: str = option('darts', 'Name of a search space.')
  method: str = option('darts', 'Name of a method.')
  gradient: str | None = option(
      None, 'Architecture gradient: one_level, first_order, second_order or'
      ' second_order_exact; by default the method\'s.')
  discretization: str | None = option(
      None, 'Rule that turns alphas into a genotype; by default that of the'
      ' method or of the search space.')
  epochs: int = option(50, 'Passes over the weights\' share of the data.',
                       least=1)
  batch_size: int = option(64, 'Images of a step, of all replicas.', least=1)
  channels: int | None = option(
      None, 'Channels of the first cell\'s nodes; by default the search'
      ' space\'s.', least=1)
  cells: int | None = option(
      None, 'Number of cells; by default the search space\'s.', least=1)
  stem: str = option(
      'auto', 'conv, conv_1x, strided, imagenet, none, or auto.')
  weight_portion: float | None = option(
      None, 'Share of the training set that trains weights; the rest trains'
      ' the architecture. By default 0.5, and 0.9 with --gradient=one_level,'
      ' where the rest is held out for evaluation.')
  grace_epochs: int = option(
      0, 'Epochs at the start in which only weights are trained.', least=0)
  learning_rate: float = option(0.025, 'First learning rate of the weights.')
  learning_rate_min: float = option(
      0.001, 'Last learning rate of the weights, by a cosine.', least=0)
  momentum: float = option(0.9, 'Of the weights\' SGD.', least=0, below=1)
  weight_decay: float = option(
      3e-4, 'Coupled L2 factor of the weights.', least=0)
  clip_norm: float = option(
      5., 'Largest global norm of the weights\' gradient.')
  alpha_learning_rate: float = option(3e-4, 'Of Adam on the alphas.')
  alpha_beta_1: float = option(0.5, 'Of Adam on the alphas.', least=0,
                               below=1)
  alpha_beta_2: float = option(0.999, 'Of Adam on the alphas.', least=0,
                               below=1)
  alpha_weight_decay: float = option(
      1e-3, 'Coupled L2 factor of the alphas.', least=0)
  alpha_scale: float = option(
      1e-3, 'Standard deviation of the first alphas; 0 for equal weights.',
      least=0)
  evaluate_every: int = option(
      1, 'Epochs between evaluations on the architecture\'s share of the'
      ' data; the last epoch is always evaluated; 0 for the last only.',
      least=0)
