"""The arms and seeds of a study, and the order of its searches."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from darts_tf.architecture_gradient import architecture_gradients
from darts_tf.config.errors import InputError, RunStateError
from darts_tf.config.options import Options
from darts_tf.config.parts import part_fields
from darts_tf.distribution.strategy import refuse_workers
from darts_tf.runs.workdir import WorkDir
from darts_tf.schedule import Constant
from darts_tf.search.config import (
  AXES,
  PART_OPTIONS,
  SearchConfig,
  added_defaults,
)
from darts_tf.search.resolve import with_method_defaults
from darts_tf.search_space.space import search_spaces
from darts_tf.strategies import search_strategies
from darts_tf.study.arm import Arm

# A study records these options of parts whatever their values are. It records
# others only if they differ from the defaults of the part.
_RECORDED = frozenset(
  name for name, *_ in part_fields([AXES[k] for k in ('gradient', 'penalties')])
)

# These depend on the method and the gradient, so each arm has its own.
_OF_ARMS = frozenset({*AXES, *PART_OPTIONS, 'discretization', 'weight_portion'})


@dataclasses.dataclass(frozen=True)
class Study:
  """Arms times seeds.

  Args:
    common: the configuration that arms share; its seed is not used.
    arms: the arms to compare.
    seeds: of the searches of each arm.
    later_arms: arms whose searches come after all those of `arms`.

  Raises:
    InputError: if there is no arm, a name or a seed is repeated, or the
      configuration of an arm cannot be used.
  """

  common: SearchConfig
  arms: tuple[Arm, ...]
  seeds: tuple[int, ...]
  later_arms: tuple[Arm, ...] = ()

  def __post_init__(self):
    refuse_workers(self.common, 'A study')
    if not self.arms and not self.later_arms:
      raise InputError(
        'A study needs something to compare; expected at least one --arm,'
        f' e.g. --arm={next(iter(architecture_gradients))}.'
        ' Received: arm=[]'
      )
    names = [arm.name for arm in self.all_arms]
    for name in names:
      if names.count(name) > 1:
        raise InputError(
          'Two arms have the same name; expected a name of its own for'
          f' each. Received: arm={name!r}'
        )
    if not self.seeds or len(set(self.seeds)) < len(self.seeds):
      raise InputError(
        'A study needs seeds, each once; expected, say, --seeds=0,1,2.'
        f' Received: seeds={",".join(map(str, self.seeds))!r}'
      )
    for arm in self.all_arms:
      for seed in self.seeds:
        self.configure(arm, seed)

  @property
  def all_arms(self) -> tuple[Arm, ...]:
    """The arms, later ones last."""
    return (*self.arms, *self.later_arms)

  def searches(self) -> Iterator[tuple[Arm, int]]:
    """Yields all searches in order: all arms of the first seed come first.

    So the arms can be compared whenever the study is stopped.
    """
    for arms in (self.arms, self.later_arms):
      for seed in self.seeds:
        for arm in arms:
          yield arm, seed

  def configure(self, arm: Arm, seed: int) -> Options:
    """Returns the resolved configuration of one search.

    Raises:
      InputError: if it cannot be used; the message names the arm.
    """
    try:
      config = arm.configure(self.common, seed)
      return search_strategies[arm.strategy].resolve(config)
    except InputError as error:
      raise InputError(f'{error} (arm {arm.name})') from error

  def pinned(self) -> dict[str, Any]:
    """Returns the options that change results: common, and of each arm."""
    space = search_spaces[self.common.search_space]
    config = with_method_defaults(self.common)
    config = config.replace(
      epochs=config.epochs or Constant().stages(None, 0)[-1].end,
      channels=config.channels or space.default_channels,
      cells=config.cells or space.default_cells,
    )
    common = {
      name: value
      for name, value in config.pinned().items()
      if name != 'seed' and name not in _OF_ARMS
    }
    return {
      'common': common,
      'arms': {arm.name: self._own(arm, common) for arm in self.all_arms},
    }

  def _own(self, arm: Arm, common: dict[str, Any]) -> dict[str, Any]:
    """Returns the options of an arm that say more than the common ones."""
    config = self.configure(arm, self.seeds[0])
    plain = search_strategies[arm.strategy].added_defaults()
    return {
      name: value
      for name, value in config.pinned().items()
      if name != 'seed'
      and value != common.get(name)
      and not (
        name in PART_OPTIONS
        and name not in _RECORDED
        and value == plain.get(name)
      )
    }


def pin_study(directory: WorkDir, study: Study) -> None:
  """Ties a directory to a study; arms may be added, and left out for now.

  Args:
    directory: of the study.
    study: the study.

  Raises:
    RunStateError: if the directory belongs to a study with another common
      configuration, or has an arm of the same name with other options, or
      belongs to another kind of run.
  """
  pinned, known = study.pinned(), {}
  if directory.config_path.exists():
    known = directory.read_config().get('arms')
    if not isinstance(known, dict):
      raise RunStateError(
        'The work directory belongs to a run of another kind; expected that'
        ' of a study, or another --workdir.'
        f' Received: workdir={str(directory.path)!r}'
      )
  new = [
    f'arms.{name}.{option}'
    for name, options in pinned['arms'].items()
    for option in options
    if name not in known
  ]
  directory.pin(
    {**pinned, 'arms': {**known, **pinned['arms']}}, new, added_defaults()
  )
