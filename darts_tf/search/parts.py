"""The parts of a search, put together."""

import dataclasses
from collections.abc import Sequence

import keras
import tensorflow as tf

from darts_tf.architecture_gradient import Estimator
from darts_tf.data import DatasetInfo, Stream
from darts_tf.distribution.run_data import distribute, join
from darts_tf.methods import Method
from darts_tf.models.supernet import Supernet
from darts_tf.optimizers import SGD, Adam
from darts_tf.relaxation import Relaxation
from darts_tf.schedule import LearningRate, Schedule, Stage
from darts_tf.search.config import SearchConfig
from darts_tf.search.step import SearchStep
from darts_tf.search_space.space import SearchSpace


@dataclasses.dataclass
class SearchParts:
  """What a search is made of; see the classes of the fields."""

  config: SearchConfig
  info: DatasetInfo
  space: SearchSpace
  schedule: Schedule
  stage: Stage
  method: Method
  estimator: Estimator
  discretization: str
  supernet: Supernet
  relaxation: Relaxation
  alphas: list[keras.Variable]
  weight_optimizer: SGD
  alpha_optimizer: Adam
  learning_rate: LearningRate
  step: SearchStep
  strategy: tf.distribute.Strategy
  weight_stream: Stream
  architecture_stream: Stream | None
  num_held_out: int
  evaluation: tf.data.Dataset

  @property
  def steps_per_epoch(self) -> int:
    """Steps of an epoch; most steps, where batches grow."""
    steps = self.weight_stream.steps_per_epoch
    if self.config.batch_multiple:
      steps = steps * self.config.batch_multiple // self.config.batch_size
    return self.config.steps_per_epoch or steps

  def rates(self) -> str:
    """What to change in a run that diverges."""
    config = self.config
    return (
      f'learning_rate={config.learning_rate:g},'
      f' clip_norm={config.clip_norm:g}, alpha_learning_rate='
      f'{config.alpha_learning_rate:g}'
    )

  def step_graph(self) -> tf.Graph:
    """The graph of a search step; built here, if it was not before."""
    streams = [s for s in (self.weight_stream, self.architecture_stream) if s]
    blocks = self.config.batch_size // streams[0].batch_size
    batches = [
      join(list(distribute(s, self.strategy, 0, blocks))) for s in streams
    ]
    return self.step.search_graph(batches[0], batches[-1])

  def logits(self, images, *alphas) -> tf.Tensor:
    """The supernet in inference mode, as a deployed network would be."""
    mixing = self.relaxation.mixing(dict(zip(self.relaxation.groups, alphas)))
    return self.supernet(images, mixing, training=False)

  def variables(self) -> dict[str, Sequence]:
    """All state of the search, by owner."""
    return {
      'supernet': self.supernet.variables,
      'alphas': self.alphas,
      'weight_optimizer': self.weight_optimizer.variables,
      'alpha_optimizer': self.alpha_optimizer.variables,
    }
