"""Pictures of cells, plots of runs, and the HTML report."""

from darts_tf.visualize.cell import cell_graph, draw, draw_cells, graphviz_hint
from darts_tf.visualize.curves import draw_curves, draw_entropy
from darts_tf.visualize.drawing import cell_figure, cell_svg
from darts_tf.visualize.edges import edge_names
from darts_tf.visualize.figure import figure_png, save_figure
from darts_tf.visualize.heat_map import (
  alpha_evolution,
  alpha_heat_map,
  draw_alphas,
)
from darts_tf.visualize.layout import CellLayout, cell_layout
from darts_tf.visualize.overview import alpha_overview, genotype_overview
from darts_tf.visualize.report import Report, write_report
from darts_tf.visualize.stages import draw_stages
from darts_tf.visualize.trajectories import draw_trajectories

__all__ = [
  'CellLayout',
  'Report',
  'alpha_evolution',
  'alpha_heat_map',
  'alpha_overview',
  'cell_figure',
  'cell_graph',
  'cell_layout',
  'cell_svg',
  'draw',
  'draw_alphas',
  'draw_cells',
  'draw_curves',
  'draw_entropy',
  'draw_stages',
  'draw_trajectories',
  'edge_names',
  'figure_png',
  'genotype_overview',
  'graphviz_hint',
  'save_figure',
  'write_report',
]
