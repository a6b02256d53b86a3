"""One HTML page about a run and its results."""

import os
import shlex
import statistics
from collections.abc import Mapping

from darts_tf.runs.workdir import atomic_write_text
from darts_tf.visualize import page
from darts_tf.visualize.architecture_sections import (
  alphas_section,
  cells_section,
)
from darts_tf.visualize.contents import Report
from darts_tf.visualize.curves import curves_figure, entropy_figure, series
from darts_tf.visualize.exports import HEADER, export_note, export_rows
from darts_tf.visualize.stages import stage_figures
from darts_tf.visualize.wording import duration, label, shown

__all__ = ['Report', 'report_html', 'write_report']

_SUMMARY = (
  'search_strategy',
  'method',
  'relaxation',
  'architecture_gradient',
  'gradient',
  'schedule',
  'discretization',
  'search_space',
  'recipe',
  'epochs',
  'batch_size',
  'seed',
)


def _headline(report: Report) -> str:
  names = [
    name
    for name in ('test_accuracy', 'test_loss', 'parameters', 'multiply_adds')
    if report.result.get(name) is not None
  ]
  values = [(label(name), shown(name, report.result[name])) for name in names]
  for what, metrics in (
    ('supernet', report.search_metrics),
    ('training', report.train_metrics),
  ):
    _, accuracy = series(metrics or [], 'validation_accuracy')
    if accuracy:
      values.append(
        (f'Last validation accuracy, {what}', f'{100 * accuracy[-1]:.2f} %')
      )
  return page.cards(values)


def _what_was_run(report: Report) -> str:
  found: dict[str, list[str]] = {}
  tables = []
  for name, options in report.configuration.items():
    if not isinstance(options, Mapping):
      options = {name: options}
    for option, value in options.items():
      if option in _SUMMARY and value is not None:
        where = f'{value} ({name})' if option != name else str(value)
        found.setdefault(option, []).append(where)
    tables.append(f'<h3>{page.escape(name)}</h3>' + page.table(options.items()))
  rows = []
  for option in _SUMMARY:
    values = found.get(option, [])
    plain = {value.rsplit(' (', 1)[0] for value in values}
    if values:
      rows.append(
        (label(option), plain.pop() if len(plain) == 1 else ', '.join(values))
      )
  rows += [
    (label(name), value)
    for name, value in report.dataset.items()
    if name != 'class_names' or not report.class_names
  ]
  classes = list(report.class_names)
  if classes:
    shown = ', '.join(str(name) for name in classes[:20])
    more = f', … ({len(classes)} classes)' if len(classes) > 20 else ''
    rows.append(('Classes', shown + more))
  return page.section(
    'What was run',
    page.table(rows),
    page.details('Full resolved configuration', '\n'.join(tables))
    if tables
    else '',
  )


def _search(report: Report, captions: page.Captions) -> str:
  search = []
  if report.search_metrics:
    search.append(
      captions.plot(
        curves_figure(report.search_metrics),
        'Loss and accuracy of the supernet during the search.',
      )
    )
    if any(
      row.get('entropy') or row.get('skip_connections')
      for row in report.search_metrics
    ):
      search.append(
        captions.plot(
          entropy_figure(report.search_metrics),
          'Entropy of the mixing weights, and skip connections of the'
          ' genotype that each epoch would have given.',
        )
      )
  return page.section('Search', *search)


def _compared(report: Report) -> str:
  """Lists the architectures that were trained and compared, best first."""
  lines = sorted(report.compared, key=lambda line: -line['validation_accuracy'])
  names = ['index', 'validation_accuracy', 'published_accuracy', 'seconds']
  names = [n for n in names if any(n in line for line in lines)]
  return page.section(
    'Architectures compared',
    page.columns(
      map(label, names),
      [[_cell(name, line.get(name)) for name in names] for line in lines],
    )
    if lines
    else '',
  )


def _cell(name: str, value: float | None) -> str:
  """Returns a value of a compared architecture as text."""
  if value is None:
    return '–'
  if name == 'index':
    return str(value + 1)
  if name == 'published_accuracy':
    return f'{value:.2f} %'
  return duration(value) if name == 'seconds' else shown(name, value)


def _retraining(report: Report, captions: page.Captions) -> str:
  if not report.train_metrics:
    return ''
  return page.section(
    'Retraining',
    captions.plot(
      curves_figure(report.train_metrics),
      'Loss and accuracy of the network during retraining.',
    ),
  )


def _stages(report: Report, captions: page.Captions) -> str:
  """Shows the changes from stage to stage; empty if there are none."""
  parts = [
    captions.plot(figure, caption)
    for _, caption, figure in (
      stage_figures(
        report.search_metrics or (),
        report.stages,
        report.similarities,
        report.genotype,
      )
    )
  ]
  return page.section('Stages of the search', *parts)


def _timing(report: Report) -> str:
  rows = []
  for what, metrics, key in (
    ('Search', report.search_metrics, 'search_seconds'),
    ('Retraining', report.train_metrics, 'train_seconds'),
  ):
    _, seconds = series(metrics or [], 'seconds')
    total = report.result.get(key)
    if total is None and seconds:
      total = sum(seconds)
    if total is not None:
      rows.append((what, duration(float(total))))
    if seconds:
      rows.append(
        (
          f'{what}, per epoch',
          f'{duration(statistics.median(seconds))} (median of {len(seconds)})',
        )
      )
  return page.section('Time', page.table(rows))


def _other_results(report: Report) -> str:
  timed = ('search_seconds', 'train_seconds')
  rows = [
    (label(name), shown(name, value, exact=True))
    for name, value in report.result.items()
    if name not in timed
  ]
  return page.section('Result in full', page.table(rows))


def _serving(report: Report) -> str:
  if report.saved_model is None:
    return ''
  snippet = f"""import tensorflow as tf

model = tf.saved_model.load({report.saved_model!r})
predict = model.signatures['serving_default']
# The name, shape and type of the input, and one input of zeros.
(name, spec), = predict.structured_input_signature[1].items()
shape = [1 if size is None else size for size in spec.shape]
outputs = predict(**{{name: tf.zeros(shape, spec.dtype)}})
for name, value in outputs.items():
  print(name, value.shape)
"""
  command = (
    f'saved_model_cli show --dir {shlex.quote(report.saved_model)}'
    ' --tag_set serve --signature_def serving_default'
  )
  return page.section(
    'Serving the model',
    page.paragraph('Run in the work directory, where this page is.'),
    page.code(snippet),
    page.code(command),
  )


def _exports(report: Report) -> str:
  if not report.exports:
    return ''
  return page.section(
    'Exported networks',
    page.columns(HEADER, export_rows(report.exports)),
    page.paragraph(export_note(report.exports), 'note'),
  )


def _genotype(report: Report) -> str:
  if report.genotype is None:
    return ''
  return page.section(
    'Genotype',
    page.paragraph('An edge is operation, source node, target node.', 'note'),
    page.details('JSON', page.code(report.genotype.to_json())),
  )


def report_html(report: Report) -> str:
  """Makes the page of `write_report` as text."""
  captions = page.Captions()
  body = [f'<h1>{page.escape(report.title)}</h1>']
  body += [
    _headline(report),
    _what_was_run(report),
    cells_section(report, captions),
    alphas_section(report, captions),
    _search(report, captions),
    _compared(report),
    _stages(report, captions),
    _retraining(report, captions),
    _timing(report),
    _other_results(report),
    _exports(report),
    _serving(report),
    _genotype(report),
  ]
  return page.document(report.title, '\n'.join(part for part in body if part))


def write_report(path: str | os.PathLike[str], report: Report) -> str:
  """Writes one page without scripts that needs no other file.

  Args:
    path: HTML file; its directory is made if needed.
    report: the contents of the page.

  Returns:
    The path.

  Raises:
    InputError: if mixing weights do not belong to the search space.
  """
  path = os.fspath(path)
  text = report_html(report)
  os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
  atomic_write_text(path, text)
  return path
