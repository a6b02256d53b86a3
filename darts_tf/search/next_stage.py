"""The transition from one stage of a search to the next."""

import collections
from collections.abc import Sequence

from darts_tf.schedule import Next
from darts_tf.schedule.schedule import stage_seed
from darts_tf.search.builder import rebuild_search
from darts_tf.search.inherit import inherit
from darts_tf.search.parts import SearchParts
from darts_tf.search.record import SearchRecord
from darts_tf.search.stage_record import StageRecord

# Largest number of new candidates that a line names.
_MOST_NAMES = 6


def next_stage(
  parts: SearchParts, record: SearchRecord, decision: Next
) -> SearchParts:
  """Builds the supernet of the next stage.

  Args:
    parts: the search at the end of a stage.
    record: of the search; the new stage is added to it.
    decision: the stage and its candidates.

  Returns:
    The search at the start of the next stage: weights and running
    statistics go on, alphas and optimizers are new.
  """
  new = rebuild_search(parts, decision.stage, decision.change.candidates)
  seed = stage_seed(parts.config.seed, decision.stage)
  inherit(parts.supernet, new.supernet, decision.change.children, seed)
  record.start(new, decision.change)
  return new


def describe_stage(stages: Sequence[StageRecord]) -> str:
  """Describes the stage that begins, in one line.

  Args:
    stages: the stages so far.
  """
  stage = stages[-1]
  sizes = [len(names) for edges in stage.candidates.values() for names in edges]
  counts = collections.Counter(
    name for edges in stage.children.values() for edge in edges for name in edge
  )
  names = [
    f'{name} ({count})' for name, count in counts.most_common(_MOST_NAMES)
  ]
  if len(counts) > _MOST_NAMES:
    names.append('…')
  new = f'; new: {", ".join(names)}' if names else ''
  shown = str(min(sizes))
  if min(sizes) < max(sizes):
    shown += f' to {max(sizes)}'
  return f'Stage {len(stages)}: {shown} candidates an edge{new}'
