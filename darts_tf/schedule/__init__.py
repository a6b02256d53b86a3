"""What changes as epochs pass."""

from darts_tf.schedule.learning_rate import LearningRate

__all__ = ['LearningRate']
