"""What is written down after each epoch of a search."""

import dataclasses
from typing import Any

import numpy as np

from darts_tf.checkpoint import Checkpoint, CheckpointStore
from darts_tf.discretize import discretize
from darts_tf.genotype import Genotype
from darts_tf.search.builder import SearchParts
from darts_tf.variables import assign_arrays, check_finite, to_arrays
from darts_tf.workdir import WorkDir, atomic_write_arrays


def entropy(weights: np.ndarray) -> float:
  """Mean over edges of `-sum_k p_k log p_k`, in nats."""
  p = np.asarray(weights, np.float64)
  terms = np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0)
  return float(-terms.sum(-1).mean())


@dataclasses.dataclass
class SearchRecord:
  """The course of a search so far, and its files.

  A checkpoint holds all of it, and is written first; the other files are
  made from it. So a run that is killed between two files loses nothing.

  Args:
    workdir: where the files are; `None` on a worker that follows the chief,
      which writes none.
    metrics: one line an epoch.
    history: group to mixing weights before the first and after each epoch.
  """

  workdir: WorkDir | None
  metrics: list[dict[str, Any]] = dataclasses.field(default_factory=list)
  history: dict[str, list[np.ndarray]] = dataclasses.field(
      default_factory=dict)

  def start(self, parts: SearchParts) -> None:
    """Notes the mixing weights before the first epoch."""
    self.history = {
        group: [w] for group, w in mixing_weights(parts).items()}

  def restore(self, parts: SearchParts, checkpoint: Checkpoint) -> None:
    """Puts the search and the record into a checkpoint's state."""
    for owner, variables in parts.variables().items():
      assign_arrays(owner, variables, checkpoint.arrays)
    self.metrics = checkpoint.meta['metrics']
    self.history = {
        group: list(checkpoint.arrays[f'history/{group}'])
        for group in parts.relaxation.groups}

  def add(self, parts: SearchParts, metrics: dict[str, Any]) -> Genotype:
    """Adds an epoch and writes the checkpoint and all other files.

    Args:
      parts: the search after the epoch.
      metrics: of the epoch; entropy, skip connections and genotype are
        added here.

    Returns:
      The current genotype.

    Raises:
      InputError: if the search has diverged; nothing is written then.
    """
    state = {}
    for owner, variables in parts.variables().items():
      state |= to_arrays(owner, variables)
    check_finite(state, parts.rates())
    weights = mixing_weights(parts)
    genotype = current_genotype(parts)
    for group, value in weights.items():
      self.history[group].append(value)
    self.metrics.append({
        **metrics,
        'entropy': {g: entropy(w) for g, w in weights.items()},
        'skip_connections': {
            name: genotype.skip_connections(name)
            for name in genotype.cells},
        'genotype': genotype.to_dict(),
    })
    if self.workdir is not None:
      arrays = {f'history/{g}': np.stack(h) for g, h in self.history.items()}
      CheckpointStore(self.workdir.checkpoints_path).save(
          metrics['epoch'], arrays | state, {'metrics': self.metrics})
    self.write(parts)
    return genotype

  def write(self, parts: SearchParts) -> None:
    """Writes metrics, alphas and genotype."""
    if self.workdir is None:
      return
    self.workdir.write_metrics(self.metrics)
    atomic_write_arrays(self.workdir.alphas_path, alpha_arrays(parts))
    atomic_write_arrays(
        self.workdir.alphas_history_path,
        {g: np.stack(h) for g, h in self.history.items()})
    current_genotype(parts).save(self.workdir.genotype_path)


def alpha_arrays(parts: SearchParts) -> dict[str, np.ndarray]:
  """The architecture parameters, group by group."""
  return {group: np.array(variable.numpy()) for group, variable in zip(
      parts.relaxation.groups, parts.alphas)}


def mixing_weights(parts: SearchParts) -> dict[str, np.ndarray]:
  """The mixing weights, group by group."""
  return parts.relaxation.weights(alpha_arrays(parts))


def current_genotype(parts: SearchParts) -> Genotype:
  """What the alphas stand for now."""
  return discretize(
      parts.space, mixing_weights(parts), parts.relaxation.groups,
      parts.discretization)
