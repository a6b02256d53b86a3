"""Sections of a report on the architecture: its cells, its mixing weights."""

import numpy as np

from darts_tf.visualize import page
from darts_tf.visualize.contents import Report
from darts_tf.visualize.drawing import cell_svg
from darts_tf.visualize.edges import edge_names, group_kinds
from darts_tf.visualize.heat_map import alpha_evolution, alpha_heat_map
from darts_tf.visualize.overview import (
  MANY_CELLS,
  alpha_overview,
  genotype_overview,
  mean_over_edges,
)


def cells_section(report: Report, captions: page.Captions) -> str:
  """Shows the cells of the genotype; empty without one."""
  if report.genotype is None:
    return ''
  overview = _all_cells(report, captions)
  pictures = [
    captions.svg(
      cell_svg(
        cell, report.num_inputs, f'{name} cell', standalone=False, scale=1.3
      ),
      f'The {name} cell. Numbered boxes add up what arrives; the last'
      ' box joins along channels.',
    )
    for name, cell in report.genotype.cells.items()
  ]
  body = '\n'.join(pictures)
  if len(pictures) > MANY_CELLS:
    body = page.details(f'{len(pictures)} cells, one by one', body)
  return page.section('Cells', overview, body)


def _all_cells(report: Report, captions: page.Captions) -> str:
  """Shows many cells in one picture; empty for few."""
  cells = report.genotype.cells
  if len(cells) <= MANY_CELLS:
    return ''
  kinds = dict.fromkeys(cells, 'normal')
  if report.space is not None and not report.space.shared_cells:
    kinds = group_kinds(report.space, cells)
  return captions.plot(
    genotype_overview(report.genotype, kinds),
    'The operations of all cells. Edges are named by the nodes they join,'
    ' source→target.',
  )


def alphas_section(report: Report, captions: page.Captions) -> str:
  """Shows the mixing weights; empty where there are none."""
  if not report.alphas_history or report.space is None:
    return ''
  last = report.space.topology.num_inputs
  note = (
    'Edges are named by the nodes they join, source→target. Nodes'
    f' below {last} are the inputs of the cell; node {last} is the one'
    ' that is drawn as 0.'
  )
  draw = (
    _many_alphas if len(report.alphas_history) > MANY_CELLS else _few_alphas
  )
  return page.section(
    'Architecture parameters',
    page.paragraph(note, 'note'),
    *draw(report, captions),
  )


def _few_alphas(report: Report, captions: page.Captions) -> list[str]:
  """Shows heat map and evolution of each group of cells."""
  space, names = report.space, edge_names(report.space)
  first_epoch = report.stages[-1].first_epoch if report.stages else 0
  maps, evolutions = [], []
  for group, kind in group_kinds(space, report.alphas_history).items():
    history = np.asarray(report.alphas_history[group])
    maps.append(
      captions.plot(
        alpha_heat_map(
          history[-1],
          names,
          space.candidates[kind],
          f'{group} cell, last epoch',
        ),
        f'Mixing weights of the {group} cell after the search. The greatest'
        ' of each edge is in bold.',
      )
    )
  for group, kind in group_kinds(space, report.alphas_history).items():
    evolutions.append(
      captions.plot(
        alpha_evolution(
          report.alphas_history[group],
          names,
          space.candidates[kind],
          f'{group} cell',
          first_epoch,
        ),
        f'Mixing weights of the {group} cell over the epochs of'
        f' {_history_of(report)}.',
      )
    )
  return maps + evolutions


def _history_of(report: Report) -> str:
  """Names the period that the history of the mixing weights covers."""
  return 'the last stage' if len(report.stages) > 1 else 'the search'


def _many_alphas(report: Report, captions: page.Captions) -> list[str]:
  """Shows all groups of cells in two pictures."""
  history = {
    group: np.asarray(values) for group, values in report.alphas_history.items()
  }
  means, operations = mean_over_edges(history, report.space)
  return [
    captions.plot(
      alpha_overview(
        {group: values[-1] for group, values in history.items()},
        report.space,
        'All cells, last epoch',
      ),
      'Mixing weights of all cells after the search: each square is'
      ' divided among its candidates, the greatest in full colour.',
    ),
    captions.plot(
      alpha_evolution(means, list(history), operations, 'All cells'),
      'Mixing weights over the epochs of the search, in each cell the'
      ' mean over its edges.',
    ),
  ]
