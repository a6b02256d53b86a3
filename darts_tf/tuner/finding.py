"""The result of a finished search, from which proposals are drawn."""

import dataclasses
import json
import os
from collections.abc import Mapping

import numpy as np

from darts_tf.config.errors import InputError, RunStateError
from darts_tf.genotype import Genotype
from darts_tf.runs.workdir import WorkDir
from darts_tf.search.config import SearchConfig
from darts_tf.search_space import SearchSpace, search_spaces


@dataclasses.dataclass(frozen=True)
class Finding:
  """The end of a search.

  Args:
    name: name of the search in the origins of proposals.
    genotype: the architecture that the search derived.
    weights: group to mixing weights, `(edges, candidates)`, over all
      candidates that a search may reach (see `SearchSpace.whole`).
    num_cells: number of cells of the supernet.
    rule: name of the discretization rule; the space's own by default.
  """

  name: str
  genotype: Genotype
  weights: Mapping[str, np.ndarray]
  num_cells: int
  rule: str | None = None

  @classmethod
  def load(
    cls, workdir: str | os.PathLike, name: str | None = None
  ) -> 'Finding':
    """Reads the directory of a search, or that of a pipeline.

    Args:
      workdir: the directory.
      name: the directory's by default.

    Raises:
      RunStateError: if no search has ended there.
    """
    directory = WorkDir(workdir)
    directory.require_run()
    inner = directory.path / 'search'
    if inner.is_dir():  # A run of the pipeline.
      directory = WorkDir(inner)
    config = SearchConfig(**directory.read_config())
    epochs = len(directory.read_metrics())
    if epochs < config.epochs:
      raise RunStateError(
        f'The search in this directory has not ended; expected'
        f' {config.epochs} epochs, found {epochs}: run the command that'
        f' started it again. Received: workdir={str(workdir)!r}'
      )
    if not directory.alphas_history_path.exists():
      raise RunStateError(
        'The mixing weights of this search are missing:'
        ' alphas_history.npz; expected the whole directory of a search.'
        f' Received: workdir={str(workdir)!r}'
      )
    with np.load(directory.alphas_history_path) as history:
      weights = {group: history[group][-1] for group in history.files}
    space = search_spaces[config.search_space]
    whole = space.whole()
    if directory.stages_path.exists():
      last = json.loads(directory.stages_path.read_text())[-1]
      space = space.with_candidates(last['candidates'])
    genotype = Genotype.load(directory.genotype_path)
    space.check(genotype)
    return cls(
      name or WorkDir(workdir).path.name,
      genotype,
      spread_weights(weights, space, whole, space.groups(config.cells)),
      config.cells,
      config.discretization,
    )


def spread_weights(
  weights: Mapping[str, np.ndarray],
  space: SearchSpace,
  wider: SearchSpace,
  kinds: Mapping[str, str],
) -> dict[str, np.ndarray]:
  """Returns mixing weights by the candidates of a wider space.

  Args:
    weights: group to `(edges, candidates)`, by those of `space`.
    space: the space of the weights.
    wider: a space that has at least its candidates.
    kinds: group to cell kind.

  Returns:
    Group to weights, 0 for candidates that `space` lacks.

  Raises:
    InputError: if `space` has a candidate that `wider` lacks.
  """
  result = {}
  for group, matrix in weights.items():
    kind = kinds[group]
    result[group] = np.zeros(wider.candidate_mask(kind).shape)
    for row, (names, all_names) in enumerate(
      zip(space.candidates[kind], wider.candidates[kind], strict=True)
    ):
      if missing := [name for name in names if name not in all_names]:
        raise InputError(
          'The search has come to a candidate beyond those that are looked'
          ' at; expected a search in which candidates change less often.'
          f' Received: search_space={space.name!r}, operation={missing[0]!r}'
        )
      columns = [all_names.index(name) for name in names]
      result[group][row, columns] = matrix[row, : len(names)]
  return result
