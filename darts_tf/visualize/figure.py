"""Saving of figures, without the global state of pyplot."""

import io
import os

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from darts_tf.config.errors import InputError
from darts_tf.runs.workdir import atomic_write_bytes

DOTS_PER_INCH = 144


def new_figure(width: float, height: float, **options: object) -> Figure:
  """Makes a figure that draws with Agg and that no registry keeps alive.

  Args:
    width: in inches.
    height: in inches.
    **options: passed to `matplotlib.figure.Figure`.

  Returns:
    The empty figure.
  """
  figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, **options)
  FigureCanvasAgg(figure)
  return figure


def figure_png(figure: Figure) -> bytes:
  """Renders a figure as PNG; equal figures give equal bytes."""
  buffer = io.BytesIO()
  figure.savefig(
    buffer, format='png', dpi=figure.dpi, metadata={'Software': None}
  )
  return buffer.getvalue()


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> str:
  """Writes a figure as PNG, atomically.

  Args:
    figure: what to draw.
    path: file that ends in `.png`; its directory is made if needed.

  Returns:
    The path written.

  Raises:
    InputError: if the path does not end in `.png`.
  """
  path = os.fspath(path)
  if not path.endswith('.png'):
    raise InputError(
      'A figure is written as PNG; expected a path that ends in .png.'
      f' Received: path={path!r}'
    )
  os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
  atomic_write_bytes(path, figure_png(figure))
  return path
