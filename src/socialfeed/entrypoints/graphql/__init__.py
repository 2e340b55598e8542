"""The GraphQL front: Ariadne binds `schema.graphql` to thin resolvers over the services."""
