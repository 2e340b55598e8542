"""Comments."""

from typing import Any

from ariadne import MutationType, ObjectType, QueryType

from socialfeed.application.views import CommentView, PostView, ThreadView
from socialfeed.domain.comment import Sort
from socialfeed.domain.ids import parse_comment_id, parse_post_id
from socialfeed.entrypoints.content import content_html
from socialfeed.entrypoints.graphql.context import Info, Shape
from socialfeed.entrypoints.graphql.errors import payload

query = QueryType()
mutation = MutationType()
comment = ObjectType("Comment")
thread = ObjectType("CommentConnection")
TYPES = [query, mutation, comment, thread]


@query.field("comments")
async def resolve_comments(
    _: Any, info: Info, *, post_id: str, first: int, sort: str, parent_id: str | None = None, after: str | None = None
) -> ThreadView:
    context = info.context
    return await context.services.comments.below(
        context.actor,
        parse_post_id(post_id, "post_id"),
        parse_comment_id(parent_id, "parent_id") if parent_id is not None else None,
        first=first,
        after=after,
        sort=Sort[sort],
    )


@comment.field("contentHtml")
def resolve_content_html(view: CommentView, _: Info) -> str:
    return content_html(view.content)


@comment.field("post")
async def resolve_post(view: CommentView, info: Info) -> PostView | None:
    return await info.context.posts.load(view.post_id)


@comment.field("replies")
async def resolve_replies(
    view: CommentView, info: Info, *, first: int, sort: str, after: str | None = None
) -> ThreadView:
    shape = Shape(first, after, Sort[sort], view.level + 1)
    return await info.context.replies(view.post_id, shape).load(view.id)


@comment.field("repliesCount")
async def resolve_replies_count(view: CommentView, info: Info) -> int:
    return await info.context.answers(view.post_id, view.id)


@thread.field("totalCount")
async def resolve_total_count(view: ThreadView, info: Info) -> int:
    return await info.context.answers(view.post_id, view.parent_id)


@mutation.field("createComment")
@payload("Comment published.", comment=None)
async def resolve_create_comment(
    _: Any, info: Info, *, post_id: str, content: str, parent_id: str | None = None
) -> dict[str, Any]:
    context = info.context
    view = await context.services.comments.create(
        context.actor,
        parse_post_id(post_id, "post_id"),
        content=content,
        parent_id=parse_comment_id(parent_id, "parent_id") if parent_id is not None else None,
    )
    return {"comment": view}


@mutation.field("likeComment")
@payload("Liked.", comment=None)
async def resolve_like_comment(_: Any, info: Info, *, comment_id: str) -> dict[str, Any]:
    context = info.context
    wanted = parse_comment_id(comment_id, "comment_id")
    return {"comment": await context.services.comment_likes.like(context.actor, wanted)}


@mutation.field("unlikeComment")
@payload("Like taken back.", comment=None)
async def resolve_unlike_comment(_: Any, info: Info, *, comment_id: str) -> dict[str, Any]:
    context = info.context
    wanted = parse_comment_id(comment_id, "comment_id")
    return {"comment": await context.services.comment_likes.unlike(context.actor, wanted)}


@mutation.field("hideComment")
@payload("Hidden.", comment=None)
async def resolve_hide_comment(_: Any, info: Info, *, comment_id: str) -> dict[str, Any]:
    context = info.context
    wanted = parse_comment_id(comment_id, "comment_id")
    return {"comment": await context.services.threads.hide(context.actor, wanted)}


@mutation.field("unhideComment")
@payload("Shown again.", comment=None)
async def resolve_unhide_comment(_: Any, info: Info, *, comment_id: str) -> dict[str, Any]:
    context = info.context
    wanted = parse_comment_id(comment_id, "comment_id")
    return {"comment": await context.services.threads.unhide(context.actor, wanted)}


@mutation.field("lockThread")
@payload("Locked.", post=None)
async def resolve_lock_thread(_: Any, info: Info, *, post_id: str) -> dict[str, Any]:
    context = info.context
    return {"post": await context.services.threads.lock(context.actor, parse_post_id(post_id, "post_id"))}


@mutation.field("unlockThread")
@payload("Open again.", post=None)
async def resolve_unlock_thread(_: Any, info: Info, *, post_id: str) -> dict[str, Any]:
    context = info.context
    return {"post": await context.services.threads.unlock(context.actor, parse_post_id(post_id, "post_id"))}


@mutation.field("updateComment")
@payload("Saved.", comment=None)
async def resolve_update_comment(_: Any, info: Info, *, comment_id: str, content: str) -> dict[str, Any]:
    context = info.context
    wanted = parse_comment_id(comment_id, "comment_id")
    return {"comment": await context.services.comments.update(context.actor, wanted, content=content)}


@mutation.field("deleteComment")
@payload("Deleted.", post=None)
async def resolve_delete_comment(_: Any, info: Info, *, comment_id: str) -> dict[str, Any]:
    context = info.context
    post_id = await context.services.comments.delete(context.actor, parse_comment_id(comment_id, "comment_id"))
    return {"post": await context.posts.load(post_id)}
