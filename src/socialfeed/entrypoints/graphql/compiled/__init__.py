"""A compiler of GraphQL operations for graphql-core: see `docs/query-compiler.md`.

It knows nothing of the rest of this project.
"""

from socialfeed.entrypoints.graphql.compiled.executor import CompiledExecutor, Way

__all__ = ["CompiledExecutor", "Way"]
