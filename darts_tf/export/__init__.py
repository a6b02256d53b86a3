"""Networks as files that need none of this package."""

from darts_tf.export.formats import check_formats, formats
from darts_tf.export.record import ExportRecord, read_exports
from darts_tf.export.run import export_formats
from darts_tf.export.saved_model import export_network, verify_export

__all__ = [
  'ExportRecord',
  'check_formats',
  'export_formats',
  'export_network',
  'formats',
  'read_exports',
  'verify_export',
]
