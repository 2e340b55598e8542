"""Likes and shares."""

from typing import Any

from ariadne import MutationType, QueryType

from socialfeed.application.views import ConnectionView, PostView, UserView
from socialfeed.domain.ids import parse_post_id
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload

mutation = MutationType()
query = QueryType()
TYPES = [query, mutation]


def _now(post: PostView) -> dict[str, Any]:
    return {"post": post, "is_liked": post.is_liked, "is_shared": post.is_shared}


@mutation.field("likePost")
@payload("Liked.", like=None, post=None, is_liked=False)
async def resolve_like_post(_: Any, info: Info, *, post_id: str) -> dict[str, Any]:
    context = info.context
    like = await context.services.engagement.like(context.actor, parse_post_id(post_id, "post_id"))
    return {"like": like, "post": like.post, "is_liked": like.post.is_liked}


@mutation.field("unlikePost")
@payload("Like taken back.", post=None, is_liked=False, is_shared=False)
async def resolve_unlike_post(_: Any, info: Info, *, post_id: str) -> dict[str, Any]:
    context = info.context
    return _now(await context.services.engagement.unlike(context.actor, parse_post_id(post_id, "post_id")))


@mutation.field("toggleLike")
@payload("Done.", post=None, is_liked=False, is_shared=False)
async def resolve_toggle_like(_: Any, info: Info, *, post_id: str) -> dict[str, Any]:
    context = info.context
    return _now(await context.services.engagement.toggle_like(context.actor, parse_post_id(post_id, "post_id")))


@query.field("likers")
async def resolve_likers(
    _: Any, info: Info, *, post_id: str, first: int, after: str | None = None
) -> ConnectionView[UserView]:
    context = info.context
    return await context.services.engagement.likers(
        context.actor, parse_post_id(post_id, "post_id"), first=first, after=after
    )


@mutation.field("sharePost")
@payload("Shared.", share=None, quote=None, post=None, is_shared=False)
async def resolve_share_post(
    _: Any, info: Info, *, post_id: str, content: str | None = None, idempotency_key: str | None = None
) -> dict[str, Any]:
    context, wanted = info.context, parse_post_id(post_id, "post_id")
    if content is None:
        share = await context.services.engagement.share(context.actor, wanted)
        return {"share": share, "post": share.post, "is_shared": share.post.is_shared}
    quote, post = await context.services.quotes.quote(
        context.actor, wanted, content=content, idempotency_key=idempotency_key
    )
    return {"quote": quote, "post": post, "is_shared": post is not None and post.is_shared}


@mutation.field("unsharePost")
@payload("Share taken back.", post=None, is_liked=False, is_shared=False)
async def resolve_unshare_post(_: Any, info: Info, *, post_id: str) -> dict[str, Any]:
    context = info.context
    return _now(await context.services.engagement.unshare(context.actor, parse_post_id(post_id, "post_id")))
