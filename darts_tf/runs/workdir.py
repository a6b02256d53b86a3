"""A run's directory: the same directory continues the same run."""

import contextlib
import json
import os
import pathlib
import types
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from darts_tf.config.errors import InputError, RunStateError
from darts_tf.runs.atomic import (
  Path,
  atomic_write_arrays,
  atomic_write_bytes,
  atomic_write_json,
  atomic_write_text,
  dump_json,
  explain_disk_errors,
)

try:
  import fcntl
except ImportError:  # Windows, where directories cannot be locked.
  fcntl = None

__all__ = [
  'WorkDir',
  'atomic_write_arrays',
  'atomic_write_bytes',
  'atomic_write_json',
  'atomic_write_text',
  'seconds_of',
]

_ABSENT = object()


class WorkDir:
  """The directory of one run: the same directory continues the same run.

  Nothing is created until the run's configuration is pinned, so a wrong
  path given to a program that only reads leaves no trace.

  Args:
    path: the directory.
  """

  def __init__(self, path: Path):
    if not os.fspath(path):
      raise InputError(
        'A work directory must have a name; expected a path.'
        f' Received: workdir={path!r}'
      )
    self.path = pathlib.Path(path).expanduser()
    self.config_path = self.path / 'config.json'
    self.metrics_path = self.path / 'metrics.jsonl'
    self.alphas_path = self.path / 'alphas.npz'
    self.stages_path = self.path / 'stages.json'
    self.alphas_history_path = self.path / 'alphas_history.npz'
    self.genotype_path = self.path / 'genotype.json'
    self.selection_path = self.path / 'selection.json'
    self.checkpoints_path = self.path / 'checkpoints'
    self.plots_path = self.path / 'plots'
    self.report_path = self.path / 'report.html'
    self.saved_model_path = self.path / 'saved_model'
    self.exports_path = self.path / 'exports.json'

  def __repr__(self) -> str:
    return f'WorkDir({str(self.path)!r})'

  def create(self) -> None:
    """Creates the directory and its parents where they are missing.

    Raises:
      InputError: if a parent is a file or cannot be written.
    """
    with explain_disk_errors(self.path):
      self.path.mkdir(parents=True, exist_ok=True)

  @contextlib.contextmanager
  def exclusive(self) -> Iterator[None]:
    """Keeps other runs out of the directory while this one goes on.

    Two processes that continue the same run would overwrite each other's
    files. The lock ends with the process, however it ends.

    Raises:
      RunStateError: if another run is at work here.
    """
    if fcntl is None:
      yield
      return
    self.create()
    # Not a file in it, which would stay behind.
    descriptor = os.open(self.path, os.O_RDONLY)
    try:
      try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
      except BlockingIOError as error:
        raise RunStateError(
          'Another run is at work in this directory; expected one at a'
          ' time: wait for it, stop it, or give another --workdir.'
          f' Received: workdir={str(self.path)!r}'
        ) from error
      yield
    finally:
      os.close(descriptor)

  def pin(
    self,
    config: Mapping[str, Any],
    changeable: Collection[str] = (),
    added: Mapping[str, Any] = types.MappingProxyType({}),
  ) -> bool:
    """Ties the directory to a configuration, or checks that it is the same.

    Args:
      config: the resolved configuration: all that changes the result.
        Nested mappings are compared field by field, as `outer.inner`.
      changeable: fields that may differ from the pinned ones; their new
        values replace the old in `config.json`.
      added: fields that a pinned configuration may lack because they were
        added later, by their last name, and the value that a lack of them
        means.

    Returns:
      Whether a run is continued: `False` for a new one.

    Raises:
      RunStateError: if another configuration is pinned here, or if
        `config.json` cannot be read, or if there are results of a run but
        no `config.json`.
    """
    changed = self.check(config, changeable, added)
    if changed is None:
      self.create()
    if changed is None or changed:
      atomic_write_json(self.config_path, config)
    return changed is not None

  def check(
    self,
    config: Mapping[str, Any],
    changeable: Collection[str] = (),
    added: Mapping[str, Any] = types.MappingProxyType({}),
  ) -> list[str] | None:
    """Checks that `pin` would accept a configuration; writes nothing.

    Args:
      config: as in `pin`.
      changeable: as in `pin`.
      added: as in `pin`.

    Returns:
      The changeable fields that differ, or `None` for a new run.

    Raises:
      RunStateError: as `pin`.
    """
    # As it will be read back: tuples are lists, keys are strings.
    config = json.loads(dump_json(dict(config)))
    if not os.path.exists(self.config_path):
      self._refuse_files()
      self._refuse_unpinned_results()
      return None
    old, new = _fields(self.read_config()), _fields(config)
    changed = {
      name: f'{name}: was {_shown(old, name)}, now {_shown(new, name)}'
      for name in [*old, *(name for name in new if name not in old)]
      if not _same(old, new, name, added)
    }
    refused = [
      text
      for name, text in changed.items()
      if name not in changeable and name.split('.')[0] not in changeable
    ]
    if refused:
      raise RunStateError(
        'The work directory belongs to a run with another configuration'
        f' ({"; ".join(refused)}); expected the same values, or another'
        f' --workdir. Received: workdir={str(self.path)!r}'
      )
    return list(changed)

  def _refuse_files(self) -> None:
    for path in (self.path, *self.path.parents):
      if os.path.lexists(path):
        if not os.path.isdir(path):
          raise InputError(
            f'Cannot write here ({path} is a file); expected a path in a'
            ' directory that can be created and written.'
            f' Received: workdir={str(self.path)!r}'
          )
        return

  def _refuse_unpinned_results(self) -> None:
    # config.json is written before all else, so someone removed it.
    for path in (self.metrics_path, self.checkpoints_path):
      if os.path.exists(path):
        raise RunStateError(
          f'There is {path.name} of a run but no config.json, so the run'
          ' cannot be continued; expected an empty directory: give another'
          f' --workdir. Received: workdir={str(self.path)!r}'
        )

  def read_config(self) -> dict[str, Any]:
    """Returns the pinned configuration.

    Raises:
      RunStateError: if it is missing or is not a JSON object.
    """
    self.require_run()
    try:
      config = json.loads(self.config_path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
      raise RunStateError(
        f'config.json cannot be read ({_one_line(error)}); expected the'
        ' JSON object that the run wrote: restore it or give another'
        f' --workdir. Received: path={str(self.config_path)!r}'
      ) from error
    if not isinstance(config, dict):
      raise RunStateError(
        'config.json is not a JSON object; expected the one that the run'
        ' wrote: restore it or give another --workdir.'
        f' Received: path={str(self.config_path)!r}'
      )
    return config

  def require_run(self) -> None:
    """Checks that a run has been started here.

    Raises:
      RunStateError: if there is no `config.json`.
    """
    if not os.path.isfile(self.config_path):
      raise RunStateError(
        'No run here: config.json is missing; expected the work directory'
        f' of a run. Received: workdir={str(self.path)!r}'
      )

  def write_metrics(self, metrics: Collection[Mapping[str, Any]]) -> None:
    """Writes `metrics.jsonl` whole: one JSON object a line, a line an epoch.

    Args:
      metrics: one mapping an epoch, from the first epoch on.
    """
    self.create()
    atomic_write_text(
      self.metrics_path,
      ''.join(dump_json(dict(epoch)) + '\n' for epoch in metrics),
    )

  def read_metrics(self) -> list[dict[str, Any]]:
    """Returns the metrics of all epochs; none if none were written.

    Raises:
      RunStateError: if a line is not a JSON object.
    """
    if not os.path.exists(self.metrics_path):
      return []
    metrics = []
    lines = self.metrics_path.read_bytes().splitlines()
    for number, line in enumerate(lines, 1):
      try:
        epoch = json.loads(line)
      except ValueError as error:
        raise self._bad_metrics(number) from error
      if not isinstance(epoch, dict):
        raise self._bad_metrics(number)
      metrics.append(epoch)
    return metrics

  def _bad_metrics(self, number: int) -> RunStateError:
    return RunStateError(
      f'Line {number} of metrics.jsonl is damaged; expected a JSON object.'
      f' Received: path={str(self.metrics_path)!r}'
    )


def _fields(config: Mapping[str, Any], prefix: str = '') -> dict[str, Any]:
  """Flattens nested mappings into `outer.inner` names."""
  fields = {}
  for name, value in config.items():
    if isinstance(value, dict) and value:
      fields.update(_fields(value, f'{prefix}{name}.'))
    else:
      fields[prefix + name] = value
  return fields


def _same(
  old: Mapping[str, Any],
  new: Mapping[str, Any],
  name: str,
  added: Mapping[str, Any],
) -> bool:
  # An option that a later release added is null, false or 0 in a run that
  # began before there was one, or what the release says; unless it is set.
  value = new.get(name)
  if old.get(name) is None:
    if value is None or (not value and name not in old):
      return True
    last = name.rpartition('.')[2]
    if name not in old and last in added and value == added[last]:
      return True
  return _shown(old, name) == _shown(new, name)


def _shown(fields: Mapping[str, Any], name: str) -> str:
  """A field's value in one line; `1` and `1.0` are the same number."""
  value = fields.get(name, _ABSENT)
  if value is _ABSENT:
    return 'absent'
  if isinstance(value, float) and value.is_integer():
    value = int(value)
  return dump_json(value)


def _one_line(error: Exception) -> str:
  return ' '.join(str(error).split())


def seconds_of(metrics: Iterable[Mapping[str, Any]]) -> float:
  """Adds up the seconds of all lines of a run's metrics."""
  return sum(line['seconds'] for line in metrics)
