"""PC-DARTS: partial channels, normalized edges (arXiv:1907.05737)."""

from darts_tf.layers.form import SupernetForm
from darts_tf.methods.method import Method, register_method
from darts_tf.relaxation import EdgeNormalized

PC_DARTS = register_method(
  Method(
    name='pc_darts',
    arxiv='1907.05737',
    relaxation=EdgeNormalized(),
    form=SupernetForm(partial_channels=4),
    defaults={
      'batch_size': 256,
      'grace_epochs': 15,
      'learning_rate': 0.1,
      'learning_rate_min': 0.0,
      'alpha_learning_rate': 6e-4,
    },
  )
)
