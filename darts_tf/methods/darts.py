"""DARTS (arXiv:1806.09055)."""

from darts_tf.methods.method import Method, register_method

DARTS = register_method(Method(name='darts', arxiv='1806.09055'))
