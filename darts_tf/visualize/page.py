"""Pieces of a self-contained HTML page."""

import base64
import html
import json
from collections.abc import Iterable, Mapping

from matplotlib.figure import Figure

from darts_tf.visualize.figure import figure_png

_STYLE = """
:root { --ink: #1f2933; --soft: #52606d; --line: #d9dee4; --tint: #f5f7fa; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #fff; line-height: 1.5;
  font-family: system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1.1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0.4rem 0 0.3rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 0.7rem; padding-bottom: 0.25rem;
  border-bottom: 2px solid var(--line); }
h3 { font-size: 1rem; margin: 1.4rem 0 0.4rem; }
p { margin: 0.5rem 0; }
figcaption, .note { color: var(--soft); }
.cards { display: grid; gap: 0.7rem; margin: 1.2rem 0 0.4rem;
  grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); }
.card { border: 1px solid var(--line); border-radius: 0.6rem;
  padding: 0.7rem 0.9rem; background: var(--tint); }
.card b { display: block; font-size: 1.45rem; line-height: 1.3; }
.card span { color: var(--soft); font-size: 0.85rem; }
.wide { overflow-x: auto; }
figure { margin: 1rem 0 1.6rem; }
figure img { max-width: 100%; height: auto; display: block; margin: 0 auto; }
figure svg { display: block; margin: 0 auto; max-width: 100%;
  min-width: 34rem; height: auto; }
figcaption { font-size: 0.88rem; margin-top: 0.4rem; }
table { border-collapse: collapse; font-size: 0.92rem; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.8rem
  0.3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { font-weight: 600; width: 38%; }
details { margin: 0.8rem 0; border: 1px solid var(--line);
  border-radius: 0.6rem; padding: 0.55rem 0.9rem; }
summary { cursor: pointer; font-weight: 600; }
pre { background: var(--tint); border: 1px solid var(--line);
  border-radius: 0.6rem; padding: 0.8rem; overflow-x: auto;
  font-size: 0.82rem; line-height: 1.45; }
code { font-family: ui-monospace, 'DejaVu Sans Mono', Menlo, monospace; }
@media print {
  main { max-width: none; padding: 0; }
  figure, .card, tr, pre { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  figure svg, figure img { min-width: 0 !important; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  details::details-content { content-visibility: visible;
    block-size: auto; }
}
"""


def escape(value: object) -> str:
  """Text that is safe in HTML; containers are shown as JSON."""
  if isinstance(value, (Mapping, list, tuple)):
    value = json.dumps(value, ensure_ascii=False, default=str)
  return html.escape(str(value))


def document(title: str, body: str) -> str:
  """Wraps a body in a page that needs nothing from elsewhere."""
  return (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width,'
    ' initial-scale=1">\n'
    f'<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n'
    f'<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n'
  )


def section(title: str, *parts: str) -> str:
  """A heading and what stands below it; nothing if that is empty."""
  body = '\n'.join(part for part in parts if part)
  return f'<section>\n<h2>{escape(title)}</h2>\n{body}\n</section>' * bool(body)


def paragraph(text: str, kind: str = '') -> str:
  """A paragraph of plain text."""
  return f'<p{f" class={kind!r}" if kind else ""}>{escape(text)}</p>'


def table(rows: Iterable[tuple[object, object]]) -> str:
  """A table of names and values; nothing if there are no rows."""
  lines = [
    f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
    for name, value in rows
  ]
  return f'<table>\n{chr(10).join(lines)}\n</table>' * bool(lines)


def columns(header: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
  """A table with a header; nothing if there are no rows."""
  line = lambda tag, cells: (
    '<tr>'
    + ''.join(f'<{tag}>{escape(cell)}</{tag.split()[0]}>' for cell in cells)
    + '</tr>'
  )
  lines = [line('td', row) for row in rows]
  if not lines:
    return ''
  head = line('th scope="col" style="width:auto"', header)
  return (
    f'<div class="wide"><table>\n{head}\n{chr(10).join(lines)}\n</table></div>'
  )


def cards(values: Iterable[tuple[str, str]]) -> str:
  """Large figures with what they mean; nothing if there are none."""
  boxes = [
    f'<div class="card"><b>{escape(value)}</b><span>{escape(name)}</span></div>'
    for name, value in values
  ]
  return f'<div class="cards">{"".join(boxes)}</div>' * bool(boxes)


def details(summary: str, body: str) -> str:
  """A part that the reader opens."""
  return f'<details>\n<summary>{escape(summary)}</summary>\n{body}\n</details>'


def code(text: str) -> str:
  """A block of code."""
  return f'<pre><code>{escape(text)}</code></pre>'


class Captions:
  """Numbers the figures of a page."""

  def __init__(self):
    self._number = 0

  def _figure(self, content: str, caption: str) -> str:
    self._number += 1
    return (
      f'<figure>\n<div class="wide">{content}</div>\n<figcaption>'
      f'Figure {self._number}. {escape(caption)}</figcaption>\n'
      '</figure>'
    )

  def plot(self, figure: Figure, caption: str) -> str:
    """A matplotlib figure, as PNG inside the page."""
    data = base64.b64encode(figure_png(figure)).decode('ascii')
    width = round(96 * figure.get_figwidth())
    return self._figure(
      f'<img src="data:image/png;base64,{data}" width="{width}"'
      f' style="min-width:min({width}px,34rem)"'
      f' alt="{escape(caption)}">',
      caption,
    )

  def svg(self, element: str, caption: str) -> str:
    """An SVG element inside the page."""
    return self._figure(element, caption)
