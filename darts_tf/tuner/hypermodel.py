"""The builder of the networks of trials, which users may change."""

import dataclasses

import keras_tuner

from darts_tf.config.errors import InputError
from darts_tf.data import DatasetInfo
from darts_tf.models.network import Network
from darts_tf.search_space import search_spaces
from darts_tf.training.build import build_network, compile_network
from darts_tf.training.config import TrainConfig
from darts_tf.tuner.hyperparameters import genotype_of

_FIELDS = frozenset(f.name for f in dataclasses.fields(TrainConfig))


class NetworkHyperModel(keras_tuner.HyperModel):
  """Builds the network of a genotype.

  A subclass may declare hyperparameters of its own and change the network
  or compile it anew:

      class WithTopThree(NetworkHyperModel):

        def build(self, hp):
          network = super().build(hp)
          network.compile(network.optimizer, network.loss, metrics=[
              'accuracy', keras.metrics.SparseTopKCategoricalAccuracy(
                  3, name='top_3')])
          return network

  Hyperparameters replace the options of retraining that have their names.
  """

  def __init__(self, **kwargs):
    super().__init__(**kwargs)
    self.search_space: str | None = None
    self.train_config: TrainConfig | None = None
    self.info: DatasetInfo | None = None
    self.num_replicas = 1

  def bind(
    self,
    search_space: str,
    train_config: TrainConfig,
    info: DatasetInfo,
    num_replicas: int = 1,
  ) -> None:
    """Tells `build` its space and data; the tuner calls it before trials.

    Args:
      search_space: name of a registered search space.
      train_config: options of retraining.
      info: the data set.
      num_replicas: of the strategy.
    """
    self.search_space = search_space
    self.train_config = train_config
    self.info = info
    self.num_replicas = num_replicas

  def config(self, hp: keras_tuner.HyperParameters) -> TrainConfig:
    """Returns the options of retraining under hyperparameters."""
    return self.train_config.replace(
      **{name: value for name, value in hp.values.items() if name in _FIELDS}
    )

  def build(self, hp: keras_tuner.HyperParameters) -> Network:
    """Returns the compiled network of the genotype in hyperparameters.

    Args:
      hp: active values, see `declare_genotype`.

    Raises:
      InputError: if they are not those of a genotype, or no data set is
        known yet.
    """
    if self.info is None:
      raise InputError(
        'The data set of the networks is not known before the search;'
        ' expected tuner.search(…) first. Received: info=None'
      )
    config = self.config(hp)
    genotype = genotype_of(
      hp.values, search_spaces[self.search_space].whole(), config.cells
    )
    if genotype is None:
      raise InputError(
        'These hyperparameters are not those of an architecture of'
        f' {self.search_space!r}; expected a value for each edge.'
        f' Received: values={dict(hp.values)}'
      )
    network = build_network(config, genotype, self.info, self.num_replicas > 1)
    compile_network(network, config)
    return network
