"""What a network costs."""

from darts_tf.analysis.cost import describe_network, multiply_adds, parameters

__all__ = ['describe_network', 'multiply_adds', 'parameters']
