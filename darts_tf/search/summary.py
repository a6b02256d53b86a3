"""The lines before the first step: the algorithm that is in force."""

from darts_tf.analysis.cost import parameters
from darts_tf.data import DatasetInfo
from darts_tf.layers.form import SupernetForm
from darts_tf.search.composition import Composition
from darts_tf.search.config import SearchConfig
from darts_tf.search.parts import SearchParts
from darts_tf.step import Alternating

# More parameters than this are not listed one by one.
_MOST_SHAPES = 4


def describe(parts: SearchParts, info: DatasetInfo) -> str:
  """Describes the effective algorithm, the supernet and the data.

  Args:
    parts: the search.
    info: the data set.

  Returns:
    The text.
  """
  config, stream = parts.config, parts.weight_stream
  composition = parts.composition
  size, head = parameters(parts.supernet), parameters(parts.supernet.head)
  shapes = [
    f'{name} {"x".join(map(str, variable.shape))}'
    for name, variable in parts.architecture.parameters.items()
  ]
  if len(shapes) > _MOST_SHAPES:
    shapes = [shapes[0], '…', shapes[-1]]
  height, width, channels = info.image_shape
  held = (
    'for the architecture' if parts.estimator.uses_validation else 'held out'
  )
  extras = [
    f'{name} {value:g}'
    for name, value in (
      ('drop path to', config.drop_path),
      ('cutout', config.cutout),
      ('auxiliary head', config.auxiliary * config.auxiliary_weight),
    )
    if value
  ]
  lines = [
    f'Method      {composition.method.name} ({composition.method.reference}),'
    f' {composition.relaxation.describe()} relaxation',
    f'Gradient    {_gradient(composition, config)}',
    *_others(composition),
    f'Schedule    {config.epochs} epochs of {parts.steps_per_epoch} steps,'
    f' {composition.schedule.summary(parts.stages)}; learning rate'
    f' {config.learning_rate:g} to {config.learning_rate_min:g} by a'
    ' cosine' + ''.join(f'; {text}' for text in extras),
    f'Discretize  {parts.discretization}',
    f'Supernet    {parts.space.name}: {config.cells} cells,'
    f' {config.channels} channels, {size:,} parameters, {size - head:,}'
    f' without the classifier; {", ".join(shapes)}',
    f'Data        {info.name}: {height}x{width}x{channels},'
    f' {info.num_classes} classes; {stream.num_images:,} images for the'
    f' weights, {parts.num_held_out:,} {held}',
    f'Replicas    {parts.strategy.num_replicas_in_sync}, batch'
    f' {config.batch_size}',
  ]
  return '\n'.join(lines)


def _gradient(composition: Composition, config: SearchConfig) -> str:
  """Describes the gradient, and the inner step if it has one."""
  gradient = composition.gradient
  options = [
    f'{name} {value:g}'
    for name, value in gradient.to_dict().items()
    if value is not None
  ]
  if gradient.uses_inner_step:
    options.append(
      f'inner step: momentum {config.momentum:g}, weight decay'
      f' {config.weight_decay:g}, the current learning rate'
    )
  elif gradient.uses_learning_rate:
    options.append('step: the current learning rate')
  return gradient.name + (f' ({"; ".join(options)})' if options else '')


def _others(composition: Composition) -> list[str]:
  """Describes the parts in which methods differ from plain DARTS."""
  lines = []
  if composition.penalties:
    listed = ', '.join(p.describe() for p in composition.penalties)
    lines.append(f'Penalties   {listed}')
  if composition.form != SupernetForm():
    lines.append(f'Form        {composition.form.describe()}')
  if composition.step != Alternating():
    lines.append(f'Step        {composition.step.describe()}')
  if composition.stops:
    listed = '; '.join(rule.describe() for rule in composition.stops)
    lines.append(f'Stops by    {listed}')
  return lines
