"""Search."""

from typing import Any

from ariadne import EnumType, QueryType

from socialfeed.application.search.service import PostFilter, Sort
from socialfeed.application.views import ConnectionView, PostView, UserView
from socialfeed.entrypoints.graphql.context import Info

query = QueryType()
sort_enum = EnumType("SearchSort", {sort.name: sort for sort in Sort})
TYPES = [query, sort_enum]


@query.field("searchPosts")
async def resolve_search_posts(
    _: Any, info: Info, *, query: str, sort: Sort, first: int, after: str | None = None, **narrowed: Any
) -> ConnectionView[PostView]:
    context = info.context
    return await context.services.search.posts(
        context.actor, query, PostFilter(**narrowed), sort=sort, first=first, after=after
    )


@query.field("searchUsers")
async def resolve_search_users(
    _: Any, info: Info, *, query: str, first: int, after: str | None = None
) -> ConnectionView[UserView]:
    context = info.context
    return await context.services.search.users(context.actor, query, first=first, after=after)
