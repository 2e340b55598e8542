"""Posts."""

from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Insert, bindparam, delete, insert, select, update

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.counters import Counting
from socialfeed.adapters.sql.rows.posts import POST, edit_values, post_from_row, post_values, tag_values
from socialfeed.adapters.sql.tables import (
    bookmarks,
    comment_counters,
    comment_likes,
    comments,
    counter_deltas,
    likes,
    pins,
    post_counters,
    post_edits,
    post_tags,
    posts,
    pulled_authors,
    shares,
)
from socialfeed.adapters.sql.threads import thread
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import IdConflict, PostNotFound, UserNotFound
from socialfeed.domain.ids import EntryId, PostId, UserId
from socialfeed.domain.post import Post, PostEdit

_GET = select(*POST).where(posts.c.id == bindparam("id"))
_LOCK = _GET.with_for_update(key_share=True)
_KEEP = _GET.with_for_update(read=True)
_SAVE = update(posts).where(posts.c.id == bindparam("key"))
_ADD_EDIT = insert(post_edits)
_POST: BindParameter[Any] = bindparam("post")

_REMOVE_COMMENTS = [
    delete(comment_counters).where(comment_counters.c.comment_id.in_(thread(_POST))),
    delete(comment_likes).where(comment_likes.c.comment_id.in_(thread(_POST))),
    delete(comments).where(comments.c.id.in_(thread(_POST))),
]
_REMOVE = [
    *(
        delete(table).where(table.c.post_id == _POST)
        for table in (likes, shares, bookmarks, pins, counter_deltas, post_counters)
    ),
    delete(posts).where(posts.c.id == _POST),
]
_BLANK_EDITS = (
    update(post_edits)
    .where(post_edits.c.post_id.in_(select(posts.c.id).where(posts.c.author_id == bindparam("author"))))
    .values(content="", image_url=None, content_warning=None)
)
_BLANK = (
    update(posts)
    .where(posts.c.author_id == bindparam("author"))
    .values(content="", image_url=None, content_warning=None, tags="[]", mentions="[]")
)
_UNTAG_ALL = delete(post_tags).where(
    post_tags.c.post_id.in_(select(posts.c.id).where(posts.c.author_id == bindparam("author")))
)
_ADD_TAGS = insert(post_tags)
_UNTAG = delete(post_tags).where(post_tags.c.post_id == _POST)
_ADD_COUNTERS = insert(post_counters).values(likes=0, comments=0, shares=0, version=0)


@cache
def _add(dialect: Dialect) -> Insert:
    return dialect.insert(posts).on_conflict_do_nothing(index_elements=["id"])


@cache
def _leave(dialect: Dialect) -> Insert:
    leave = dialect.insert(pulled_authors)
    newer = leave.excluded.post_id
    return leave.on_conflict_do_update(
        index_elements=["author_id"], set_={"post_id": newer}, where=pulled_authors.c.post_id < newer
    )


class SqlPosts(Counting):
    __slots__ = ()

    async def get(self, post_id: PostId) -> Post | None:
        row = await self._first(_GET, {"id": post_id})
        return post_from_row(row) if row else None

    async def add(self, post: Post) -> Counts | None:
        """Raises `UserNotFound`, too."""
        # The author's row comes first, or Postgres would find the foreign key broken and end the transaction.
        if not await self._bump_user(post.author_id, "posts", 1):
            raise UserNotFound
        if not await self._run(_add(self._dialect), post_values(post)):
            await self._bump_user(post.author_id, "posts", -1)
            raise IdConflict
        await self._run(_ADD_COUNTERS, {"post_id": post.id})
        await self._tag(post)
        if post.quote_of is None:
            return None
        quoted = await self._bump_post(post.quote_of, "shares", 1)
        if quoted is None:
            await self.remove(post.id)
            await self._bump_user(post.author_id, "posts", -1)
            raise PostNotFound
        return quoted

    async def locked(self, post_id: PostId) -> Post | None:
        row = await self._first(_LOCK, {"id": post_id})
        return post_from_row(row) if row else None

    async def kept(self, post_id: PostId) -> Post | None:
        row = await self._first(_KEEP, {"id": post_id})
        return post_from_row(row) if row else None

    async def save(self, post: Post) -> Counts | None:
        old = await self.locked(post.id)
        if old is None:
            raise PostNotFound
        await self._run(_SAVE, {"key": post.id, **post_values(post)})
        if old.tags != post.tags:
            await self._run(_UNTAG, {"post": post.id})
            await self._tag(post)
        by = old.is_deleted - post.is_deleted
        if not by:
            return None
        await self._bump_user(post.author_id, "posts", by)
        return None if post.quote_of is None else await self._bump_post(post.quote_of, "shares", by)

    async def add_edit(self, edit: PostEdit) -> None:
        await self._run(_ADD_EDIT, edit_values(edit))

    async def remove(self, post_id: PostId) -> None:
        for removal in _REMOVE_COMMENTS:
            await self._run(removal, {"post": post_id})
        # Others lock comments before they count, and reactions after: in the same order none waits for the other.
        await self._keep_still(post_id)
        for removal in _REMOVE:
            await self._run(removal, {"post": post_id})

    async def leave_to_readers(self, entry_id: EntryId, account_id: UserId) -> None:
        await self._run(_leave(self._dialect), {"author_id": account_id, "post_id": entry_id})

    async def blank_of(self, author_id: UserId) -> None:
        await self._run(_UNTAG_ALL, {"author": author_id})
        await self._run(_BLANK_EDITS, {"author": author_id})
        await self._run(_BLANK, {"author": author_id})

    async def _tag(self, post: Post) -> None:
        if rows := list(tag_values(post)):
            await self._connection.execute(_ADD_TAGS, rows)
