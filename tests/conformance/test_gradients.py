"""Each other gradient and method: by default in the cheapest space."""

from conformance_cases import cases_of_gradients, generate
from search_contracts import SearchContracts

generate(SearchContracts, cases_of_gradients(), globals())
