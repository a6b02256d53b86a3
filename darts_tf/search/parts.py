"""The parts of a search, put together."""

import dataclasses

import keras
import tensorflow as tf

from darts_tf.architecture_gradient import Estimator
from darts_tf.config.progress import Progress
from darts_tf.data import DatasetInfo, Stream
from darts_tf.distribution.run_data import distribute, join
from darts_tf.models.supernet import Supernet
from darts_tf.optimizers import SGD
from darts_tf.optimizers.pytorch import PyTorchOptimizer
from darts_tf.relaxation import Architecture
from darts_tf.runs.variables import named_slots, named_variables
from darts_tf.schedule import LearningRate, Stage
from darts_tf.search.batches import Batches
from darts_tf.search.composition import Composition
from darts_tf.search.config import SearchConfig
from darts_tf.search.step import SearchStep
from darts_tf.search_space.space import SearchSpace


@dataclasses.dataclass
class SearchParts:
  """The parts of a search; see the classes of the fields."""

  config: SearchConfig
  info: DatasetInfo
  composition: Composition
  stages: tuple[Stage, ...]
  space: SearchSpace
  stage: Stage
  supernet: Supernet
  architecture: Architecture
  weight_optimizer: SGD
  alpha_optimizer: PyTorchOptimizer
  learning_rate: LearningRate
  step: SearchStep
  strategy: tf.distribute.Strategy
  batches: Batches
  weight_stream: Stream
  architecture_stream: Stream | None
  num_held_out: int
  evaluation: tf.data.Dataset

  @property
  def discretization(self) -> str:
    """The rule in force."""
    return self.config.discretization

  @property
  def estimator(self) -> Estimator:
    """The estimator of the architecture gradient."""
    return self.composition.gradient

  @property
  def steps_per_epoch(self) -> int:
    """Steps of an epoch; the most there can be, if that varies."""
    return self.batches.steps_per_epoch(self.weight_stream)

  def advice(self) -> str:
    """Names the options to change in a run that diverges."""
    config = self.config
    return (
      f'learning_rate={config.learning_rate:g},'
      f' clip_norm={config.clip_norm:g}, alpha_learning_rate='
      f'{config.alpha_learning_rate:g}'
    )

  def begin_epoch(self, epoch: int) -> float:
    """Sets what changes as epochs pass; returns the learning rate.

    Args:
      epoch: of the search, from 0; of the present stage.
    """
    config, stage = self.config, self.stage
    past = epoch - stage.first_epoch
    rates = self.composition.rates(
      Progress(epoch, config.epochs, past, stage.epochs)
    )
    for name, rate in rates.items():
      self.architecture.rates[name].assign(rate)
    # The ramp of drop path is that of retraining.
    rates['drop_path'] = config.drop_path * epoch / config.epochs
    for name, variable in self.supernet.rates.items():
      variable.assign(rates[name])
    learning_rate = self.learning_rate.at(past)
    self.weight_optimizer.learning_rate.assign(learning_rate)
    return learning_rate

  def step_graph(self) -> tf.Graph:
    """Returns the graph of a search step, and builds it the first time."""
    streams = [s for s in (self.weight_stream, self.architecture_stream) if s]
    blocks = self.config.batch_size // self.batches.block_size
    batches = [
      join(list(distribute(s, self.strategy, 0, blocks))) for s in streams
    ]
    return self.step.search_graph(batches[0], batches[-1])

  def logits(self, images, *alphas) -> tf.Tensor:
    """Classifies in inference mode, as a deployed network would."""
    mixing = self.architecture.evaluation(alphas)
    return self.supernet(images, mixing, training=False)

  def variables(self) -> dict[str, dict[str, keras.Variable]]:
    """Returns all state of the search: owner, name, variable."""
    supernet = named_variables(self.supernet)
    names = {id(variable): name for name, variable in supernet.items()}
    return {
      'supernet': supernet,
      'architecture': self.architecture.variables(),
      'weight_optimizer': named_slots(
        self.weight_optimizer,
        [names[id(v)] for v in self.supernet.trainable_variables],
      ),
      'alpha_optimizer': named_slots(
        self.alpha_optimizer, list(self.architecture.parameters)
      ),
      'step': {'count': self.step.count},
    }
