"""Each search space with each gradient, as a GPU would run it."""

from conformance_cases import cases_of_gradients, cases_of_spaces, generate
from placement_contracts import PlacementContracts

generate(
    PlacementContracts, cases_of_spaces() + cases_of_gradients(), globals())
