"""Keras Tuner around the search; needs `pip install darts_tf[tuner]`.

The names of `__init__.pyi` are loaded when they are first used: options can
be read without Keras Tuner.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
