"""Feeds."""

from typing import Any

from ariadne import QueryType

from socialfeed.application.views import ConnectionView, PageView, PostView
from socialfeed.entrypoints.graphql.context import Info

query = QueryType()
TYPES = [query]


@query.field("userFeed")
async def resolve_user_feed(_: Any, info: Info, *, page: int, items_per_page: int) -> PageView[PostView]:
    context = info.context
    return await context.services.feeds.home_page(context.actor, page=page, items_per_page=items_per_page)


@query.field("homeFeed")
async def resolve_home_feed(_: Any, info: Info, *, first: int, after: str | None = None) -> ConnectionView[PostView]:
    context = info.context
    return await context.services.feeds.home(context.actor, first=first, after=after)


@query.field("trendingPosts")
async def resolve_trending_posts(_: Any, info: Info, *, page: int, items_per_page: int) -> PageView[PostView]:
    context = info.context
    return await context.services.feeds.trending(context.actor, page=page, items_per_page=items_per_page)
