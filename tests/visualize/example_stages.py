"""A small search in stages, as its records and metrics have it."""

import types


def stage(first_epoch, **candidates):
  return types.SimpleNamespace(first_epoch=first_epoch, candidates=candidates)


STAGES = (
  stage(
    0, normal=(('skip_connect', 'conv_k3_d1'), ('skip_connect', 'max_pool_3x3'))
  ),
  stage(
    2,
    normal=(
      ('conv_k3_d1', 'conv_k5_d2_m2-1'),
      ('skip_connect', 'conv_k5_d1_m1'),
    ),
  ),
  stage(3, normal=(('conv_k3_d1',), ('conv_k5_d1_m1',))),
)
SIMILARITIES = ({'normal': 0.5}, {'normal': 0.1}, {'normal': None})
METRICS = [
  {
    'epoch': epoch,
    'train_loss': 2.0 - epoch / 4,
    'train_accuracy': 0.2 + epoch / 10,
    'seconds': 3.0 + epoch,
    'batch_size': 32,
    'batch_sizes': [[0, 16], [5, 32]],
    'memory_mib': 100.0 + epoch,
  }
  for epoch in range(4)
]
