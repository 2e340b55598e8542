"""Resolvers by noun: parse the arguments, call one service, return the view."""

from ariadne.types import SchemaBindable

from socialfeed.entrypoints.graphql.resolvers import (
    access,
    accounts,
    activity,
    boundaries,
    comments,
    discovery,
    drafts,
    engagement,
    feeds,
    graph,
    keeping,
    lists,
    media,
    nodes,
    own_account,
    posts,
    search,
    sessions,
)

TYPES: list[SchemaBindable] = [
    *access.TYPES,
    *accounts.TYPES,
    *activity.TYPES,
    *boundaries.TYPES,
    *comments.TYPES,
    *discovery.TYPES,
    *drafts.TYPES,
    *engagement.TYPES,
    *feeds.TYPES,
    *graph.TYPES,
    *keeping.TYPES,
    *lists.TYPES,
    *media.TYPES,
    *nodes.TYPES,
    *own_account.TYPES,
    *posts.TYPES,
    *search.TYPES,
    *sessions.TYPES,
]
