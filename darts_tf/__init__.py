"""Differentiable architecture search for TensorFlow.

The public names are those of `__init__.pyi`, one a line, where editors see
them, too. They are loaded when they are first used, so that reading a
genotype does not import TensorFlow.
"""

import lazy_loader

__version__ = '0.1.0'

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
