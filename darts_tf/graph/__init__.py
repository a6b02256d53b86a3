"""Parts of TensorFlow graphs: constants, gradients, precision, losses."""
