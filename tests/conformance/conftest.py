"""`-m slow` runs the full product."""

import pathlib

import pytest

HERE = pathlib.Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
  """With `-m slow`, what runs by default runs, too."""
  if config.option.markexpr == 'slow':
    for item in items:
      if HERE in item.path.parents:
        item.add_marker('slow')
