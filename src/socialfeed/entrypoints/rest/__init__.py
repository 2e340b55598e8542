"""Identity over REST, under `/api/`: the same services as GraphQL, described by its own OpenAPI document."""
