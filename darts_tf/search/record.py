"""The record of a search, which is written after each epoch."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from darts_tf.config.errors import RunStateError
from darts_tf.discretize import discretize
from darts_tf.genotype import Genotype
from darts_tf.runs.checkpoint import Checkpoint, CheckpointStore
from darts_tf.runs.variables import assign_arrays, check_finite, to_arrays
from darts_tf.runs.workdir import (
  WorkDir,
  atomic_write_arrays,
  atomic_write_json,
)
from darts_tf.schedule import Change, Continue, Course, Decision, Stop
from darts_tf.search.builder import rebuild_search
from darts_tf.search.parts import SearchParts
from darts_tf.search.stage_record import StageRecord

# Of checkpoints. Format 1, that of version 0.1, named no variables.
FORMAT = 2


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
      change: the change to its candidates; `None` in the first stage.
    """
    self.history = {
      group: [w] for group, w in parts.architecture.weights().items()
    }
    self.stages.append(StageRecord.begin(parts, change))

  def restore(self, parts: SearchParts, checkpoint: Checkpoint) -> SearchParts:
    """Puts the search and the record into a checkpoint's state.

    Args:
      parts: the search, in any stage.
      checkpoint: of the search.

    Returns:
      The search in the stage of the checkpoint.
    """
    if checkpoint.meta.get('format') != FORMAT:
      raise RunStateError(
        'The search was begun by version 0.1 of darts_tf, whose checkpoints'
        ' have another form; expected that version to finish it, or another'
        f' --workdir. Received: workdir={str(self.workdir.path)!r}'
      )
    if 'stages' in checkpoint.meta:
      self.stages = [
        StageRecord.from_dict(s) for s in checkpoint.meta['stages']
      ]
      stage = parts.stages[len(self.stages) - 1]
      if stage != parts.stage:
        parts = rebuild_search(parts, stage, self.stages[-1].candidates)
    for owner, variables in parts.variables().items():
      assign_arrays(owner, variables, checkpoint.arrays)
    self.metrics = checkpoint.meta['metrics']
    self.history = {
      group: list(checkpoint.arrays[f'history/{group}'])
      for group in parts.architecture.groups
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
      state: further contents of the checkpoint, by name.

    Returns:
      The current genotype.

    Raises:
      DivergedError: if the search has diverged; nothing is written then.
    """
    variables = {}
    for owner, values in parts.variables().items():
      variables |= to_arrays(owner, values)
    check_finite(variables, parts.advice())
    weights = parts.architecture.weights()
    genotype = current_genotype(parts)
    for group, value in weights.items():
      self.history[group].append(value)
    self.stages[-1] = self.stages[-1].with_weights(weights)
    self.metrics.append(
      {
        **metrics,
        **parts.architecture.summary(),
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
        {
          'format': FORMAT,
          'metrics': self.metrics,
          **self._stage_dicts(parts),
          **(state or {}),
        },
      )
    self.write(parts)
    return genotype

  def write(self, parts: SearchParts) -> None:
    """Writes metrics, alphas and genotype."""
    if self.workdir is None:
      return
    self.workdir.write_metrics(self.metrics)
    atomic_write_arrays(self.workdir.alphas_path, parts.architecture.arrays())
    atomic_write_arrays(
      self.workdir.alphas_history_path,
      {g: np.stack(h) for g, h in self.history.items()},
    )
    if stages := self._stage_dicts(parts):
      atomic_write_json(self.workdir.stages_path, stages['stages'])
    self.result(parts).save(self.workdir.genotype_path)

  def course(self, parts: SearchParts) -> Course:
    """Returns the record as decisions see it."""
    return Course(
      self.metrics,
      self.history,
      parts.architecture.groups,
      parts.space,
      [stage.candidates for stage in self.stages],
      parts.config.seed,
    )

  def decide(self, parts: SearchParts) -> Decision:
    """Decides what follows the last epoch, from the record alone.

    Args:
      parts: the search in the stage of the last epoch.

    Returns:
      A `Stop` at the end of the search, or where a stop rule says so.
    """
    if not self.metrics:
      return Continue()
    return self.stop(parts) or parts.composition.schedule.after_epoch(
      self.course(parts), parts.stages
    )

  def stop(self, parts: SearchParts) -> Stop | None:
    """Decides whether the search has ended, from the record alone."""
    if not self.metrics:
      return None
    course = self.course(parts)
    for rule in parts.composition.stops:
      epoch = rule.result_epoch(course)
      if epoch is not None:
        return Stop(epoch, rule.describe())
    if len(self.metrics) >= parts.config.epochs:
      return Stop(len(self.metrics) - 1, 'last epoch')
    return None

  def result(self, parts: SearchParts) -> Genotype:
    """Returns the architecture that the search gives if it ends now."""
    stop = self.stop(parts)
    if stop is None:
      return current_genotype(parts)
    return Genotype.from_dict(self.metrics[stop.result_epoch]['genotype'])

  def _stage_dicts(self, parts: SearchParts) -> dict[str, Any]:
    """Returns the stages as JSON has them; nothing if there is only one."""
    if len(parts.stages) == 1:
      return {}
    return {'stages': [stage.to_dict() for stage in self.stages]}


def current_genotype(parts: SearchParts) -> Genotype:
  """Returns the genotype that the architecture stands for now."""
  return discretize(
    parts.space,
    parts.architecture.weights(),
    parts.architecture.groups,
    parts.discretization,
  )
