"""Posts."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Unpack

from ariadne import EnumType, MutationType, ObjectType, QueryType
from ariadne.types import SchemaBindable

from socialfeed.application.views import ConnectionView, MediaView, PageView, PostView, UserView
from socialfeed.domain.ids import parse_media_ids, parse_post_id, parse_user_id
from socialfeed.domain.permissions import Permission
from socialfeed.domain.post import PostChanges, PostEdit, PostOptions, ReplyPolicy, Visibility
from socialfeed.entrypoints.content import content_html
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload
from socialfeed.entrypoints.proxy import PREFIX

query = QueryType()
mutation = MutationType()
post = ObjectType("Post")
edit = ObjectType("PostEdit")
edit.set_alias("image", "image_url")
TYPES: list[SchemaBindable] = [
    query,
    mutation,
    post,
    edit,
    EnumType("Visibility", Visibility),
    EnumType("ReplyPolicy", ReplyPolicy),
]


@query.field("post")
async def resolve_post(_: Any, info: Info, *, id: str) -> PostView | None:
    return await info.context.posts.load(parse_post_id(id, "id"))


@query.field("postsByUser")
async def resolve_posts_by_user(
    _: Any, info: Info, *, user_id: str, page: int, items_per_page: int
) -> PageView[PostView]:
    context = info.context
    return await context.services.author_pages.page(
        context.actor, parse_user_id(user_id, "user_id"), page=page, items_per_page=items_per_page
    )


@query.field("userPosts")
async def resolve_user_posts(
    _: Any, info: Info, *, user_id: str, first: int, after: str | None = None
) -> ConnectionView[PostView]:
    context = info.context
    whose = parse_user_id(user_id, "user_id")
    return await context.services.author_pages.posts(context.actor, whose, first=first, after=after)


@mutation.field("createPost")
@payload("Published.", post=None, draft=None)
async def resolve_create_post(
    _: Any,
    info: Info,
    *,
    media_ids: Sequence[str] = (),
    idempotency_key: str | None = None,
    scheduled_at: datetime | None = None,
    **options: Unpack[PostOptions],
) -> dict[str, Any]:
    context = info.context
    media = parse_media_ids(media_ids, "media_ids")
    if scheduled_at is not None:
        planned = await context.services.drafts.create(
            context.actor, media_ids=media, scheduled_at=scheduled_at, idempotency_key=idempotency_key, **options
        )
        return {"draft": planned, "message": "Planned."}
    created = await context.services.posts.create(
        context.actor, media_ids=media, idempotency_key=idempotency_key, **options
    )
    return {"post": created}


@post.field("media")
async def resolve_post_media(view: PostView, info: Info) -> Sequence[MediaView]:
    return await info.context.media_of.load(view.id)


@post.field("mentions")
async def resolve_mentions(view: PostView, info: Info) -> list[UserView]:
    """Those that the viewer may see, and does not block."""
    found = await asyncio.gather(*map(info.context.listed.load, view.mention_ids))
    return [user for user in found if user is not None]


@post.field("canReply")
def resolve_can_reply(view: PostView, info: Info) -> bool:
    return view.can_reply and Permission.COMMENT_CREATE in info.context.actor.permissions


@post.field("quoted")
async def resolve_quoted(view: PostView, info: Info) -> PostView | None:
    return None if view.quote_of is None else await info.context.posts.load(view.quote_of)


@post.field("contentHtml")
def resolve_content_html(view: PostView, _: Info) -> str:
    return content_html(view.content)


@post.field("imageProxy")
def resolve_image_proxy(view: PostView, info: Info) -> str | None:
    path = info.context.services.images.path(view.image) if view.image is not None else None
    return None if path is None else f"{PREFIX}{path}"


@post.field("edits")
async def resolve_edits(view: PostView, info: Info) -> Sequence[PostEdit]:
    # A post that was never edited has none to ask for.
    return [] if view.edited_at is None else await info.context.edits.load(view.id)


@mutation.field("updatePost")
@payload("Saved.", post=None)
async def resolve_update_post(
    _: Any, info: Info, *, post_id: str, media_ids: Sequence[str] | None = None, **changes: Unpack[PostChanges]
) -> dict[str, Any]:
    context, wanted = info.context, parse_post_id(post_id, "post_id")
    media = None if media_ids is None else parse_media_ids(media_ids, "media_ids")
    return {"post": await context.services.posts.update(context.actor, wanted, media_ids=media, **changes)}


@mutation.field("deletePost")
@payload("Deleted. You can bring it back for 30 days.")
async def resolve_delete_post(_: Any, info: Info, *, post_id: str) -> dict[str, Any]:
    await info.context.services.posts.delete(info.context.actor, parse_post_id(post_id, "post_id"))
    return {}


@mutation.field("restorePost")
@payload("It is back.", post=None)
async def resolve_restore_post(_: Any, info: Info, *, post_id: str) -> dict[str, Any]:
    return {"post": await info.context.services.posts.restore(info.context.actor, parse_post_id(post_id, "post_id"))}
