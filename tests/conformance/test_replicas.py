"""Each search space with each gradient, on one and on two replicas."""

from conformance_cases import cases_of_gradients, cases_of_spaces, generate
from replica_contracts import ReplicaContracts

generate(
  ReplicaContracts,
  cases_of_spaces() + cases_of_gradients(),
  globals(),
  costly=True,
)
