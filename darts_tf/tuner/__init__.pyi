# The public names; `__init__.py` reads this file.
from .config import TuneConfig as TuneConfig
from .finding import Finding as Finding
from .hypermodel import NetworkHyperModel as NetworkHyperModel
from .hyperparameters import declare_genotype as declare_genotype
from .hyperparameters import genotype_of as genotype_of
from .hyperparameters import genotype_values as genotype_values
from .oracle import ArchitectureHyperband as ArchitectureHyperband
from .oracle import ArchitectureOracle as ArchitectureOracle
from .tuner import DartsTuner as DartsTuner
