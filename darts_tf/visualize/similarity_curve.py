"""The similarity of the candidates of an edge, from stage to stage."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from darts_tf.visualize.figure import new_figure

_COLOURS = {'normal': '#1f77b4', 'reduce': '#d62728'}


def similarity_figure(
  similarities: Sequence[Mapping[str, float | None]],
) -> Figure:
  """Draws the mean similarity of an edge's candidates over stages.

  Args:
    similarities: cell kind to the mean, as `mean_similarity` returns it, one
      mapping a stage; `None` is passed over.

  Returns:
    The figure: a line a kind of cell.
  """
  figure = new_figure(5.2, 2.9, layout='constrained')
  axes = figure.add_subplot()
  kinds = dict.fromkeys(kind for of_stage in similarities for kind in of_stage)
  for kind in kinds:
    points = [
      (stage, of_stage[kind])
      for stage, of_stage in enumerate(similarities, 1)
      if of_stage.get(kind) is not None
    ]
    if points:
      axes.plot(
        *zip(*points),
        color=_COLOURS.get(kind),
        label=f'{kind} cell',
        marker='o',
        markersize=4,
        linewidth=1.7,
      )
  axes.set_xlim(0.7, len(similarities) + 0.3)
  axes.set_ylim(0, 1)
  axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
  axes.set_xlabel('stage', fontsize=9)
  axes.set_title("similarity of an edge's candidates", fontsize=10.5)
  axes.grid(alpha=0.3)
  axes.tick_params(labelsize=8.5)
  axes.spines[['top', 'right']].set_visible(False)
  if axes.lines:
    axes.legend(frameon=False, fontsize=8.5)
  return figure
