"""A social feed backend: GraphQL and REST over application services, with storage behind ports."""

__version__ = "0.1.0"
