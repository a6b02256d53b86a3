"""What is written down after each epoch of a search."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from darts_tf.discretize import discretize
from darts_tf.genotype import Genotype
from darts_tf.runs.checkpoint import Checkpoint, CheckpointStore
from darts_tf.runs.variables import assign_arrays, check_finite, to_arrays
from darts_tf.runs.workdir import (
  WorkDir,
  atomic_write_arrays,
  atomic_write_json,
)
from darts_tf.schedule import Change
from darts_tf.search.builder import rebuild_search
from darts_tf.search.parts import SearchParts
from darts_tf.search.stage_record import StageRecord


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
    history: group to mixing weights before the first and after each epoch
      of the current stage.
    stages: the stages so far.
  """

  workdir: WorkDir | None
  metrics: list[dict[str, Any]] = dataclasses.field(default_factory=list)
  history: dict[str, list[np.ndarray]] = dataclasses.field(default_factory=dict)
  stages: list[StageRecord] = dataclasses.field(default_factory=list)

  def start(self, parts: SearchParts, change: Change | None = None) -> None:
    """Notes the mixing weights before the first epoch of a stage.

    Args:
      parts: the search, in the stage.
      change: what led to its candidates; `None` in the first stage.
    """
    self.history = {group: [w] for group, w in mixing_weights(parts).items()}
    self.stages.append(StageRecord.begin(parts, change))

  def restore(self, parts: SearchParts, checkpoint: Checkpoint) -> SearchParts:
    """Puts the search and the record into a checkpoint's state.

    Args:
      parts: the search, in any stage.
      checkpoint: of the search.

    Returns:
      The search in the stage of the checkpoint.
    """
    if 'stages' in checkpoint.meta:
      self.stages = [
        StageRecord.from_dict(s) for s in checkpoint.meta['stages']
      ]
      stage = parts.schedule.stages[len(self.stages) - 1]
      if stage != parts.stage:
        parts = rebuild_search(parts, stage, self.stages[-1].candidates)
    for owner, variables in parts.variables().items():
      assign_arrays(owner, variables, checkpoint.arrays)
    self.metrics = checkpoint.meta['metrics']
    self.history = {
      group: list(checkpoint.arrays[f'history/{group}'])
      for group in parts.relaxation.groups
    }
    return parts

  def add(
    self,
    parts: SearchParts,
    metrics: dict[str, Any],
    state: Mapping[str, Any] | None = None,
  ) -> Genotype:
    """Adds an epoch and writes the checkpoint and all other files.

    Args:
      parts: the search after the epoch.
      metrics: of the epoch; entropy, skip connections and genotype are
        added here.
      state: what else the checkpoint must hold, by name.

    Returns:
      The current genotype.

    Raises:
      InputError: if the search has diverged; nothing is written then.
    """
    variables = {}
    for owner, values in parts.variables().items():
      variables |= to_arrays(owner, values)
    check_finite(variables, parts.rates())
    weights = mixing_weights(parts)
    genotype = current_genotype(parts)
    for group, value in weights.items():
      self.history[group].append(value)
    self.stages[-1] = self.stages[-1].with_weights(weights)
    self.metrics.append(
      {
        **metrics,
        'entropy': {g: entropy(w) for g, w in weights.items()},
        'skip_connections': {
          name: genotype.skip_connections(name) for name in genotype.cells
        },
        'genotype': genotype.to_dict(),
      }
    )
    if self.workdir is not None:
      arrays = {f'history/{g}': np.stack(h) for g, h in self.history.items()}
      CheckpointStore(self.workdir.checkpoints_path).save(
        metrics['epoch'],
        arrays | variables,
        {'metrics': self.metrics, **self._stage_dicts(parts), **(state or {})},
      )
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
      {g: np.stack(h) for g, h in self.history.items()},
    )
    if stages := self._stage_dicts(parts):
      atomic_write_json(self.workdir.stages_path, stages['stages'])
    current_genotype(parts).save(self.workdir.genotype_path)

  def _stage_dicts(self, parts: SearchParts) -> dict[str, Any]:
    """The stages as JSON has them; nothing where there is but one."""
    if len(parts.schedule.stages) == 1:
      return {}
    return {'stages': [stage.to_dict() for stage in self.stages]}


def alpha_arrays(parts: SearchParts) -> dict[str, np.ndarray]:
  """The architecture parameters, group by group."""
  return {
    group: np.array(variable.numpy())
    for group, variable in zip(parts.relaxation.groups, parts.alphas)
  }


def mixing_weights(parts: SearchParts) -> dict[str, np.ndarray]:
  """The mixing weights, group by group."""
  return parts.relaxation.weights(alpha_arrays(parts))


def current_genotype(parts: SearchParts) -> Genotype:
  """What the alphas stand for now."""
  return discretize(
    parts.space,
    mixing_weights(parts),
    parts.relaxation.groups,
    parts.discretization,
  )
