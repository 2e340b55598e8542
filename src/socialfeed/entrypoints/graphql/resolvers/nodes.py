"""Anything by its id, as Relay's specification of GraphQL servers has it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from ariadne import InterfaceType, QueryType

from socialfeed.application.objects import Found
from socialfeed.application.views import CommentView, MediaView, PostView, SessionView, UserView
from socialfeed.domain.draft import Draft
from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import parse_any_id
from socialfeed.domain.user_list import UserList
from socialfeed.entrypoints.graphql.context import Context, Info

NODES_MAX = 100

query = QueryType()
node = InterfaceType("Node")
TYPES = [query, node]

_NAMES = {
    UserView: "User",
    PostView: "Post",
    CommentView: "Comment",
    MediaView: "Media",
    Draft: "Draft",
    SessionView: "Session",
    UserList: "List",
}


@node.type_resolver
def resolve_type(found: Found, *_: Any) -> str:
    return _NAMES[type(found)]


@query.field("node")
async def resolve_node(_: Any, info: Info, *, id: str) -> Found | None:
    return await _found(info.context, id)


@query.field("nodes")
async def resolve_nodes(_: Any, info: Info, *, ids: Sequence[str]) -> list[Found | None]:
    if len(ids) > NODES_MAX:
        raise Invalid(f"At most {NODES_MAX} at a time, please.", code="TOO_MANY_IDS", field="ids")
    return await asyncio.gather(*(_found(info.context, each) for each in ids))


async def _found(context: Context, written: str) -> Found | None:
    """What is no id is the id of nothing: nobody is told more of it than of one that is hidden."""
    try:
        number = parse_any_id(written)
    except Invalid:
        return None
    return await context.objects.load(number)
