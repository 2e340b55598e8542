"""Feeds."""

from datetime import datetime
from typing import Any

from ariadne import EnumType, ObjectType, QueryType
from ariadne.types import SchemaBindable

from socialfeed.application.feeds.service import Ranking
from socialfeed.application.views import (
    Because,
    ConnectionView,
    EdgeView,
    FeedEdgeView,
    FeedReasonView,
    PageView,
    PostView,
)
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.feed_notes import noted_feed

query = QueryType()
feed_edge = ObjectType("FeedEdge")
TYPES: list[SchemaBindable] = [
    query,
    feed_edge,
    EnumType("Ranking", {ranking.name: ranking for ranking in Ranking}),
    EnumType("FeedReasonKind", {kind.name: kind for kind in Because}),
]


@query.field("userFeed")
@noted_feed
async def resolve_user_feed(_: Any, info: Info, *, page: int, items_per_page: int) -> PageView[PostView]:
    context = info.context
    return await context.services.feeds.home_page(context.actor, page=page, items_per_page=items_per_page)


@query.field("homeFeed")
@noted_feed
async def resolve_home_feed(
    _: Any, info: Info, *, first: int, ranking: Ranking, after: str | None = None
) -> ConnectionView[PostView]:
    context = info.context
    return await context.services.feeds.home(context.actor, first=first, after=after, ranking=ranking)


@query.field("catchUp")
@noted_feed
async def resolve_catch_up(
    _: Any, info: Info, *, since: datetime, first: int, after: str | None = None
) -> ConnectionView[PostView]:
    context = info.context
    return await context.services.feeds.catch_up(context.actor, since, first=first, after=after)


@feed_edge.field("reason")
def resolve_reason(edge: EdgeView[PostView], _: Info) -> FeedReasonView | None:
    return edge.reason if isinstance(edge, FeedEdgeView) else None
