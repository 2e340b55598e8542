"""Resolvers by noun: parse the arguments, call one service, return the view."""

from ariadne import ObjectType

from socialfeed.entrypoints.graphql.resolvers import accounts, comments, engagement, feeds, graph, posts, sessions

TYPES: list[ObjectType] = [
    kind for module in (accounts, comments, engagement, feeds, graph, posts, sessions) for kind in module.TYPES
]
