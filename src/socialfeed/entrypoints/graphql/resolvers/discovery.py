"""What nobody asked its author for."""

from collections.abc import Sequence
from typing import Any

from ariadne import EnumType, QueryType

from socialfeed.application.views import ConnectionView, PageView, PostView, TagTrendView
from socialfeed.domain.ranking import Window
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.feed_notes import noted_feed

query = QueryType()
TYPES = [query, EnumType("TrendingWindow", {window.name: window for window in Window})]


@query.field("trendingPosts")
@noted_feed
async def resolve_trending_posts(
    _: Any,
    info: Info,
    *,
    page: int,
    items_per_page: int,
    window: Window,
    language: str | None = None,
    tag: str | None = None,
) -> PageView[PostView]:
    context = info.context
    return await context.services.discovery.trending(
        context.actor, page=page, items_per_page=items_per_page, window=window, language=language, tag=tag
    )


@query.field("trendingTags")
@noted_feed
async def resolve_trending_tags(
    _: Any, info: Info, *, first: int, window: Window, language: str | None = None
) -> Sequence[TagTrendView]:
    context = info.context
    return await context.services.discovery.trending_tags(context.actor, first=first, window=window, language=language)


@query.field("tagFeed")
@noted_feed
async def resolve_tag_feed(
    _: Any, info: Info, *, tag: str, first: int, after: str | None = None
) -> ConnectionView[PostView]:
    context = info.context
    return await context.services.discovery.tag(context.actor, tag, first=first, after=after)


@query.field("publicFeed")
@noted_feed
async def resolve_public_feed(
    _: Any, info: Info, *, first: int, after: str | None = None, language: str | None = None
) -> ConnectionView[PostView]:
    context = info.context
    return await context.services.discovery.public(context.actor, first=first, after=after, language=language)
