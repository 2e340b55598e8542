"""Bookmarks and pinned posts."""

from collections.abc import Sequence
from typing import Any

from ariadne import MutationType, ObjectType, QueryType

from socialfeed.application.views import BookmarkView, ConnectionView, PostView, UserView
from socialfeed.domain.bookmark import Folder
from socialfeed.domain.ids import parse_post_id
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload

query = QueryType()
mutation = MutationType()
user = ObjectType("User")
post = ObjectType("Post")
TYPES = [query, mutation, user, post]


@query.field("bookmarks")
async def resolve_bookmarks(
    _: Any, info: Info, *, first: int, after: str | None = None, folder: str | None = None
) -> ConnectionView[BookmarkView]:
    context = info.context
    return await context.services.bookmarks.page(context.actor, folder=folder, first=first, after=after)


@query.field("bookmarkFolders")
async def resolve_bookmark_folders(_: Any, info: Info) -> Sequence[Folder]:
    return await info.context.services.bookmarks.folders(info.context.actor)


@mutation.field("bookmarkPost")
@payload("Kept.", post=None, is_bookmarked=False)
async def resolve_bookmark_post(_: Any, info: Info, *, post_id: str, folder: str) -> dict[str, Any]:
    context = info.context
    kept = await context.services.bookmarks.keep(context.actor, parse_post_id(post_id, "post_id"), folder=folder)
    return {"post": kept, "is_bookmarked": kept.is_bookmarked}


@mutation.field("removeBookmark")
@payload("Removed.", post=None, is_bookmarked=False)
async def resolve_remove_bookmark(_: Any, info: Info, *, post_id: str) -> dict[str, Any]:
    context = info.context
    return {
        "post": await context.services.bookmarks.remove(context.actor, parse_post_id(post_id, "post_id")),
        "is_bookmarked": False,
    }


@mutation.field("renameBookmarkFolder")
@payload("Renamed.", folders=())
async def resolve_rename_bookmark_folder(_: Any, info: Info, *, name: str, new_name: str) -> dict[str, Any]:
    return {"folders": await info.context.services.bookmarks.rename_folder(info.context.actor, name, new_name)}


@mutation.field("deleteBookmarkFolder")
@payload("Deleted. What was in it is in the default folder now.", folders=())
async def resolve_delete_bookmark_folder(_: Any, info: Info, *, name: str) -> dict[str, Any]:
    return {"folders": await info.context.services.bookmarks.delete_folder(info.context.actor, name)}


@mutation.field("pinPost")
@payload("Pinned.", post=None)
async def resolve_pin_post(_: Any, info: Info, *, post_id: str) -> dict[str, Any]:
    return {"post": await info.context.services.pins.pin(info.context.actor, parse_post_id(post_id, "post_id"))}


@mutation.field("unpinPost")
@payload("Pinned no more.", post=None)
async def resolve_unpin_post(_: Any, info: Info) -> dict[str, Any]:
    return {"post": await info.context.services.pins.unpin(info.context.actor)}


@user.field("pinnedPost")
async def resolve_pinned_post(view: UserView, info: Info) -> PostView | None:
    post_id = await info.context.pinned.load(view.id)
    return None if post_id is None else await info.context.posts.load(post_id)


@post.field("isPinned")
async def resolve_is_pinned(view: PostView, info: Info) -> bool:
    return await info.context.pinned.load(view.author.id) == view.id
