"""Installs darts_tf: `pip install .[cpu]`, `.[tensorflow]` or `.[cuda]`."""

import pathlib

from setuptools import find_packages, setup

HERE = pathlib.Path(__file__).parent
VERSION = '0.1.0'
# Private parts of these three are in use, see darts_tf.compat: a newer
# version is allowed once tests/compat has passed with it.
TENSORFLOW = '>=2.21,<2.22'
KERAS = '>=3.12,<3.16'
KERAS_TUNER = '>=1.4.8,<1.5'
TFLITE = ['ai-edge-litert>=2.1']
# Earlier ones of tf2onnx exclude the protobuf of TensorFlow.
ONNX = ['onnxruntime>=1.20', 'tf2onnx>=1.17']

setup(
  name='darts_tf',
  version=VERSION,
  description='Differentiable architecture search for TensorFlow',
  long_description=(HERE / 'README.md').read_text(encoding='utf-8'),
  long_description_content_type='text/markdown',
  license='Apache-2.0',
  license_files=['LICENSE'],
  python_requires='>=3.10,<3.13',
  packages=find_packages(str(HERE), include=['darts_tf', 'darts_tf.*']),
  package_data={
    'darts_tf': ['__init__.pyi', 'py.typed'],
    'darts_tf.tuner': ['__init__.pyi'],
    'darts_tf.analysis': ['gpu_kernels.json'],
    'darts_tf.data': ['digits.npz', 'DIGITS_LICENSE.md'],
  },
  install_requires=[
    'absl-py',
    'graphviz',
    # tensorflow-datasets needs it and does not ask for it.
    'importlib_resources',
    f'keras{KERAS}',
    'lazy_loader>=0.4',
    'matplotlib',
    'numpy',
    'psutil>=5.9',
    'scipy',
    'tabulate>=0.9',
    'tensorflow-datasets>=4.9.10',
  ],
  extras_require={
    # The three builds of TensorFlow exclude each other.
    'cpu': [f'tensorflow-cpu{TENSORFLOW}'],
    'tensorflow': [f'tensorflow{TENSORFLOW}'],
    'cuda': [f'tensorflow[and-cuda]{TENSORFLOW}'],
    # Keras Tuner writes hyperparameters for TensorBoard by its plugin.
    'tuner': [f'keras-tuner{KERAS_TUNER}', 'tensorboard'],
    # To write and run exported networks; SavedModels need neither.
    'tflite': TFLITE,
    'onnx': ONNX,
    # Tests look at all that there is.
    'test': [
      f'keras-tuner[bayesian]{KERAS_TUNER}',
      'pytest',
      'pytest-xdist',
      # Another version formats otherwise.
      'ruff==0.17.6',
      'tensorboard',
      *TFLITE,
      *ONNX,
    ],
  },
)
