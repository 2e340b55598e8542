"""Posts."""

from typing import Any

from ariadne import MutationType, QueryType

from socialfeed.application.views import PageView, PostView
from socialfeed.domain.ids import parse_post_id, parse_user_id
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload

query = QueryType()
mutation = MutationType()
TYPES = [query, mutation]


@query.field("post")
async def resolve_post(_: Any, info: Info, *, id: str) -> PostView | None:
    return await info.context.posts.load(parse_post_id(id, "id"))


@query.field("postsByUser")
async def resolve_posts_by_user(
    _: Any, info: Info, *, user_id: str, page: int, items_per_page: int
) -> PageView[PostView]:
    context = info.context
    return await context.services.posts.by_author(
        context.actor, parse_user_id(user_id, "user_id"), page=page, items_per_page=items_per_page
    )


@mutation.field("createPost")
@payload("Published.", post=None)
async def resolve_create_post(_: Any, info: Info, *, content: str, image_url: str | None = None) -> dict[str, Any]:
    context = info.context
    return {"post": await context.services.posts.create(context.actor, content=content, image_url=image_url)}
