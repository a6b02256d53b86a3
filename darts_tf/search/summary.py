"""What is said before the first step: the algorithm really in force."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from darts_tf.architecture_gradient import estimator_options
from darts_tf.data import DatasetInfo
from darts_tf.search.parts import SearchParts

# More groups of cells than this are not listed one by one.
_MOST_GROUPS = 4


def describe(parts: SearchParts, info: DatasetInfo) -> str:
  """The effective algorithm, the supernet and the data, in a few lines.

  Args:
    parts: the search.
    info: the data set.

  Returns:
    The text.
  """
  config, stream = parts.config, parts.weight_stream
  count = lambda layer: sum(
    int(np.prod(v.shape)) for v in layer.trainable_variables
  )
  size, head = count(parts.supernet), count(parts.supernet.head)
  shapes = [
    f'{group} {"x".join(map(str, alpha.shape))}'
    for group, alpha in zip(parts.relaxation.groups, parts.alphas)
  ]
  if len(shapes) > _MOST_GROUPS:
    shapes = [shapes[0], '…', shapes[-1]]
  height, width, channels = info.image_shape
  held = (
    'for the architecture' if parts.estimator.uses_validation else 'held out'
  )
  options = _listed(estimator_options(parts.estimator))
  relaxed = ', '.join(
    _listed({name: getattr(config, name) for name in parts.relaxation.options})
  )
  if parts.estimator.uses_inner_step:
    options.append(
      f'inner step: momentum {config.momentum:g}, weight decay'
      f' {config.weight_decay:g}, the current learning rate'
    )
  elif parts.estimator.uses_learning_rate:
    options.append('step: the current learning rate')
  extras = [
    f'{name} {value:g}'
    for name, value in (
      ('drop path to', config.drop_path),
      ('cutout', config.cutout),
      ('auxiliary head', config.auxiliary * config.auxiliary_weight),
    )
    if value
  ]
  gradient = parts.estimator.name
  if options:
    gradient += f' ({"; ".join(options)})'
  lines = [
    f'Method      {parts.method.name} (arXiv:{parts.method.arxiv}),'
    f' {parts.method.relaxation} relaxation'
    + (f' ({relaxed})' if relaxed else ''),
    f'Gradient    {gradient}',
    f'Schedule    {config.epochs} epochs of {parts.steps_per_epoch} steps,'
    f' {parts.schedule.describe()}; learning rate'
    f' {config.learning_rate:g} to {config.learning_rate_min:g} by a'
    ' cosine' + ''.join(f'; {text}' for text in extras),
    f'Discretize  {parts.discretization}',
    f'Supernet    {parts.space.name}: {config.cells} cells,'
    f' {config.channels} channels, {size:,} parameters, {size - head:,}'
    f' without the classifier; alphas {", ".join(shapes)}',
    f'Data        {info.name}: {height}x{width}x{channels},'
    f' {info.num_classes} classes; {stream.num_images:,} images for the'
    f' weights, {parts.num_held_out:,} {held}',
    f'Replicas    {parts.strategy.num_replicas_in_sync}, batch'
    f' {config.batch_size}',
  ]
  return '\n'.join(lines)


def _listed(options: Mapping[str, Any]) -> list[str]:
  return [
    f'{name} {value:g}' for name, value in options.items() if value is not None
  ]
