"""Networks as files that need none of this package."""

from darts_tf.export.saved_model import export_network, verify_export

__all__ = ['export_network', 'verify_export']
