# The public names of this package, and the module that each comes from.
# `__init__.py` reads this file: a line here is all that a new name needs.
from . import analysis as analysis
from . import architecture_gradient as architecture_gradient
from . import data as data
from . import discretize as discretize
from . import export as export
from . import genotype as genotype
from . import interop as interop
from . import layers as layers
from . import methods as methods
from . import models as models
from . import penalty as penalty
from . import relaxation as relaxation
from . import schedule as schedule
from . import search as search
from . import search_space as search_space
from . import step as step
from . import stopping as stopping
from . import training as training
from . import tuner as tuner
from . import visualize as visualize
from .architecture_gradient import Estimator as Estimator
from .architecture_gradient import (
  architecture_gradients as architecture_gradients,
)
from .config.errors import DartsError as DartsError
from .config.errors import DivergedError as DivergedError
from .config.errors import InputError as InputError
from .config.errors import OutOfMemoryError as OutOfMemoryError
from .config.errors import ResourceError as ResourceError
from .config.errors import RunStateError as RunStateError
from .config.options import option as option
from .discretize import discretizations as discretizations
from .genotype import Genotype as Genotype
from .genotype import load_genotype as load_genotype
from .layers import MixingWeights as MixingWeights
from .layers.form import SupernetForm as SupernetForm
from .methods import Method as Method
from .methods import register_method as register_method
from .models import Network as Network
from .models import Supernet as Supernet
from .penalty import Penalty as Penalty
from .penalty import penalties as penalties
from .pipeline.pipeline import run_pipeline as run_pipeline
from .relaxation import Relaxation as Relaxation
from .relaxation import relaxations as relaxations
from .runs.run_config import RunConfig as RunConfig
from .schedule import Schedule as Schedule
from .schedule import schedules as schedules
from .search import run_search as run_search
from .search.config import SearchConfig as SearchConfig
from .search_space import CellTopology as CellTopology
from .search_space import MacroLayout as MacroLayout
from .search_space import OperationStyle as OperationStyle
from .search_space import SearchSpace as SearchSpace
from .search_space import operations as operations
from .search_space import register_operation as register_operation
from .search_space import register_search_space as register_search_space
from .search_space import same_candidates as same_candidates
from .search_space import search_spaces as search_spaces
from .step import Step as Step
from .step import steps as steps
from .stopping import StopRule as StopRule
from .stopping import stops as stops
from .strategies import RandomSearchConfig as RandomSearchConfig
from .strategies import SearchStrategy as SearchStrategy
from .strategies import register_search_strategy as register_search_strategy
from .strategies import run_random_search as run_random_search
from .strategies import search_strategies as search_strategies
from .training import load_trained as load_trained
from .training import run_training as run_training
from .training.config import TrainConfig as TrainConfig
from .tuner import DartsTuner as DartsTuner
from .visualize import draw as draw

__version__: str
