"""Oracles of Keras Tuner that propose architectures."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import keras_tuner

from darts_tf.compat.keras_tuner import (
  is_duplicate,
  project_directory,
  trial_directory,
)
from darts_tf.config.errors import InputError, RunStateError
from darts_tf.discretize.most_likely import Limit, check_limits
from darts_tf.genotype import Genotype
from darts_tf.search_space import search_spaces
from darts_tf.tuner.finding import Finding
from darts_tf.tuner.hyperparameters import (
  GENOTYPE,
  UNKNOWN,
  declare_genotype,
  genotype_names,
  genotype_of,
  genotype_values,
  unknown_parts,
)
from darts_tf.tuner.proposals import Proposals

# Value of a trial that is a search: its options, as JSON.
SEARCH = 'search'
# Value of a trial that says how its architecture was proposed.
ORIGIN = 'proposed'
# Value of a trial that goes on with another one, in Keras Tuner's Hyperband.
CONTINUED = 'tuner/trial_id'
# The space counts as used up after so many candidates in a row that were
# tried before; see random_search.sample.
_PATIENCE = 5000
# Changes start from so many of the best trials so far.
_PARENTS = 10


class ArchitectureProposer:
  """The base of oracles of architectures: it chooses the values of trials.

  Among the bases of a class it comes before an oracle of Keras Tuner, whose
  constructor gets `**kwargs`.

  Args:
    search_space: name of a registered search space.
    objective: see `keras_tuner.Oracle`.
    max_trials: most trials; fewer if the space is used up.
    findings: the results of finished searches.
    searches: searches that are trials: options of `SearchConfig` by name.
    num_cells: number of cells, where each has an architecture of its own.
    derived: architectures that are derived from each search.
    sampled: draws from the mixing weights, of all searches together.
    limits: limits that all architectures have to meet.
    hyperparameters: others, say of retraining. Derived architectures have
      their defaults; for the others they are drawn.
    seed: of all draws.
    **kwargs: arguments of the oracle.
  """

  def __init__(
    self,
    search_space: str,
    objective: Any = 'val_accuracy',
    max_trials: int | None = 10,
    findings: Sequence[Finding] = (),
    searches: Sequence[Mapping[str, Any]] = (),
    num_cells: int | None = None,
    derived: int = 3,
    sampled: int = 5,
    limits: Sequence[Limit] = (),
    hyperparameters: keras_tuner.HyperParameters | None = None,
    seed: int = 0,
    **kwargs,
  ):
    space = search_spaces[search_space].whole()
    self.search_space = space
    self.num_cells = num_cells
    self.findings = list(findings)
    self.searches = [json.dumps(dict(s), sort_keys=True) for s in searches]
    self.proposals = Proposals(space, num_cells, derived, sampled, seed=seed)
    _check_findings(self.findings, search_space)
    self.limit(limits)
    names = genotype_names(space, num_cells)
    merged = keras_tuner.HyperParameters()
    if hyperparameters is not None:
      _check_names(hyperparameters, names | {SEARCH, ORIGIN})
      merged.merge(hyperparameters)
    self.extras = list(merged.space)
    declare_genotype(merged, space, num_cells)
    self.gave_up: str | None = None
    super().__init__(
      objective=objective,
      hyperparameters=merged,
      # Keras Tuner takes 0 for none and draws one.
      seed=seed + 1,
      **kwargs,
    )
    self.max_trials = max_trials

  def limit(
    self, limits: Sequence[Limit], rules: Sequence[str | None] = ()
  ) -> None:
    """Sets the limits that all architectures have to meet.

    Args:
      limits: all of them have to be met.
      rules: discretization rules of the searches to be run.

    Raises:
      InputError: if no architecture meets them, or if a rule in force has no
        `RuleModel`. Later, with the lock held, the error would be lost.
    """
    rules = [None, *(finding.rule for finding in self.findings), *rules]
    for rule in dict.fromkeys(rules) if limits else ():
      check_limits(self.search_space, limits, self.num_cells, rule)
    self.proposals = dataclasses.replace(self.proposals, limits=tuple(limits))

  def next_values(self) -> dict[str, Any] | None:
    """Returns the values of the next architecture or search.

    Returns:
      `None` if there is nothing to try, for now while a search is under
      way, for good otherwise.
    """
    started = sum(
      SEARCH in trial.hyperparameters.values for trial in self._first_trials()
    )
    if started < len(self.searches):
      return self._search_values(self.searches[started])
    findings = self._findings()
    if not findings and self.searching:
      return None
    return self._propose(findings)

  @property
  def searching(self) -> bool:
    """Whether a search is under way."""
    return any(
      SEARCH in t.hyperparameters.values for t in self.ongoing_trials.values()
    )

  def _first_trials(self) -> list:
    """Returns the trials that do not go on with another one."""
    return [
      t
      for t in self.trials.values()
      if CONTINUED not in t.hyperparameters.values
    ]

  def genotype_of(
    self, trial: keras_tuner.engine.trial.Trial
  ) -> Genotype | None:
    """Returns a trial's genotype; `None` for a search that has not ended."""
    return genotype_of(
      trial.hyperparameters.values, self.search_space, self.num_cells
    )

  def _search_values(self, search: str) -> dict[str, Any]:
    names = genotype_names(self.search_space, self.num_cells)
    values = {
      hp.name: hp.default
      for hp in self.hyperparameters.space
      if hp.name not in names
    }
    parts = unknown_parts(self.search_space, self.num_cells)
    return {**values, **parts, SEARCH: search, ORIGIN: 'searched'}

  def _findings(self) -> list[Finding]:
    """Returns the findings of all searches so far."""
    findings = list(self.findings)
    for trial in self._first_trials():
      if (
        trial.status != 'COMPLETED'
        or SEARCH not in trial.hyperparameters.values
      ):
        continue
      path = f'{trial_directory(self, trial.trial_id)}/search'
      try:
        findings.append(Finding.load(path, f'trial {trial.trial_id}'))
      except (InputError, RunStateError) as error:
        # Its genotype was tried, so only proposals near it are lost.
        print(f'Warning: {error}')
    return findings

  def _propose(self, findings: list[Finding]) -> dict[str, Any] | None:
    """Returns the first candidate that was not tried, or `None`."""
    best = [
      t
      for t in self.get_best_trials(_PARENTS)
      if t.status == 'COMPLETED' and self.genotype_of(t) is not None
    ]
    origins = [
      str(t.hyperparameters.values.get(ORIGIN)) for t in self._first_trials()
    ]
    number = len(self.trials)
    candidates = self.proposals.candidates(
      findings,
      list(map(self.genotype_of, best)),
      number,
      sum(origin.startswith('sampled') for origin in origins),
    )
    for tries, candidate in enumerate(candidates):
      if tries == _PATIENCE:
        return None
      values = genotype_values(candidate.genotype, self.num_cells)
      origin = candidate.origin
      if origin == 'changed':
        parent = best[candidate.source]
        origin = f'changed from trial {parent.trial_id}'
        values |= self._vary(parent.hyperparameters.values)
      elif origin == 'derived':
        values |= {hp.name: hp.default for hp in self.extras}
      else:
        values |= self._draw()
      if candidate.origin in ('derived', 'sampled'):
        origin = f'{origin} from {candidate.source}'
      if not is_duplicate(self, values):
        return {**values, ORIGIN: origin}
    return None

  def _draw(self) -> dict[str, Any]:
    """Draws the hyperparameters that are not of the genotype."""
    values = {}
    for hp in self.extras:
      values[hp.name] = hp.random_sample(self._seed_state)
      self._seed_state += 1
    return values

  def _vary(self, values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a parent's hyperparameters with one of them drawn anew."""
    kept = {hp.name: values[hp.name] for hp in self.extras}
    if self.extras:
      changed = self.extras[self._seed_state % len(self.extras)]
      kept[changed.name] = changed.random_sample(self._seed_state)
      self._seed_state += 1
    return kept

  # Keras Tuner calls the next two, which are private to it; see
  # `darts_tf.compat.keras_tuner`.

  def _compute_values_hash(self, values: Mapping[str, Any]) -> str:
    # An architecture is the same whatever its origin.
    values = {k: v for k, v in values.items() if k != ORIGIN}
    if GENOTYPE in values or UNKNOWN not in values.values():
      values.pop(SEARCH, None)
    return super()._compute_values_hash(values)

  def _check_consecutive_failures(self) -> None:
    # Called with the lock held, where nothing may raise: the next request
    # for a trial is told to stop instead.
    try:
      super()._check_consecutive_failures()
    except RuntimeError as error:
      self.gave_up = str(error)

  def reload(self) -> None:
    """Reads the state of the project directory."""
    super().reload()
    # Keras Tuner reads trials in the order of a directory's entries, but of
    # equally good trials the first counts.
    self.trials = {
      trial_id: self.trials[trial_id] for trial_id in self.start_order
    }

  def get_state(self) -> dict[str, Any]:
    """Returns the state as JSON; see `keras_tuner.Oracle`."""
    return {**super().get_state(), 'architecture': self._identity()}

  def set_state(self, state: dict[str, Any]) -> None:
    """Continues from a state.

    Raises:
      RunStateError: if it is of another oracle.
    """
    if state.get('architecture') != self._identity():
      raise RunStateError(
        'The project directory belongs to another run; expected the same'
        ' search space, searches and limits, or another directory or'
        f' project_name. Received: project={project_directory(self)!r}, whose'
        f' run is {json.dumps(state.get("architecture"))}'
      )
    super().set_state(state)

  def _identity(self) -> dict[str, Any]:
    return {
      'search_space': self.search_space.name,
      'num_cells': self.num_cells,
      'searches': self.searches,
      'findings': [f'{f.name}: {f.genotype.to_json()}' for f in self.findings],
      'derived': self.proposals.derived,
      'sampled': self.proposals.sampled,
      'seed': self.proposals.seed,
    }


class ArchitectureOracle(ArchitectureProposer, keras_tuner.Oracle):
  """Proposes genotypes as hyperparameters.

  A trial's hyperparameters are its genotype, one `Choice` an edge
  (`declare_genotype`), and those given in `hyperparameters`. The oracle
  proposes, in this order, searches to be run, architectures that searches
  have derived, draws from their mixing weights, and changes of the best so
  far. Without any search it draws all uniformly.

  A trial whose value `search` is set is a search of its own. Its runner puts
  the values of the genotype that it finds into the trial's hyperparameters,
  and leaves the search's directory as `search` in the trial's.

  See `ArchitectureProposer` for the arguments.
  """

  def populate_space(self, trial_id: str) -> dict[str, Any]:
    """Returns the values of the next trial; see `keras_tuner.Oracle`."""
    del trial_id
    values = None if self.gave_up else self.next_values()
    if values is not None:
      return {'status': 'RUNNING', 'values': values}
    # The search under way will give something to try.
    waits = self.searching and not self.gave_up
    return {'status': 'IDLE' if waits else 'STOPPED'}


class ArchitectureHyperband(
  ArchitectureProposer, keras_tuner.oracles.HyperbandOracle
):
  """The same proposals under successive halving of epochs.

  Many architectures are trained for a few epochs, and the best of them go
  on where they stopped, with weights, optimizer and schedule (arXiv:
  1603.06560). Trials have the values `tuner/epochs` and, if they go on with
  another one, `tuner/trial_id`; `DartsTuner` obeys them.

  See `ArchitectureProposer` for the arguments and
  `keras_tuner.oracles.HyperbandOracle` for `max_epochs`, `factor` and
  `hyperband_iterations`.
  """

  def populate_space(self, trial_id: str) -> dict[str, Any]:
    """Returns the values of the next trial; see `keras_tuner.Oracle`."""
    if self.gave_up:
      return {'status': 'STOPPED'}
    return super().populate_space(trial_id)

  def _random_values(self) -> dict[str, Any] | None:
    # These values begin a bracket.
    return self.next_values()


def _check_findings(findings: Sequence[Finding], search_space: str) -> None:
  for finding in findings:
    search_spaces[search_space].check(finding.genotype)
  names = [finding.name for finding in findings]
  if len(set(names)) < len(names):
    raise InputError(
      'Two searches have the same name; expected a name for each.'
      f' Received: findings={names}'
    )


def _check_names(hyperparameters, reserved) -> None:
  for hp in hyperparameters.space:
    if hp.name in reserved:
      raise InputError(
        'A hyperparameter has a name that is part of the architecture;'
        f' expected another name. Received: hyperparameter={hp.name!r}'
      )
    if hp.conditions:
      raise InputError(
        'Hyperparameters beside the architecture stand alone; expected one'
        f' without a condition. Received: hyperparameter={hp.name!r}'
      )
