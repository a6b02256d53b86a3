"""Studies: several methods with several seeds, compared.

Nothing is imported here: `darts_tf.study.worker` is a program that sets up
its process before TensorFlow is imported.
"""
