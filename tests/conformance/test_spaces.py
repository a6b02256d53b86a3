"""Each search space, with the gradient that costs least."""

from conformance_cases import cases_of_spaces, generate
from search_contracts import SearchContracts

generate(SearchContracts, cases_of_spaces(), globals())
