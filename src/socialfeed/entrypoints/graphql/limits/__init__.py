"""What an operation may be before anything is done with it: its shape, and what it may cost.

Sources: the OWASP cheat sheet on GraphQL, and the defaults of graphql-armor.
"""

from socialfeed.entrypoints.graphql.limits.cost import Costs
from socialfeed.entrypoints.graphql.limits.shape import Shape, refusals

__all__ = ["Costs", "Shape", "refusals"]
