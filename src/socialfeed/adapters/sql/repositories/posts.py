"""Posts."""

from functools import cache

from sqlalchemy import Insert, bindparam, insert, select, update

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.counters import Counting
from socialfeed.adapters.sql.rows.posts import POST, post_from_row, post_values
from socialfeed.adapters.sql.tables import post_counters, posts
from socialfeed.domain.errors import IdConflict, UserNotFound
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.post import Post

_GET = select(*POST).where(posts.c.id == bindparam("id"))
_BLANK = update(posts).where(posts.c.author_id == bindparam("author")).values(content="", image_url=None)
_ADD_COUNTERS = insert(post_counters).values(likes=0, comments=0, shares=0, version=0)


@cache
def _add(dialect: Dialect) -> Insert:
    return dialect.insert(posts).on_conflict_do_nothing(index_elements=["id"])


class SqlPosts(Counting):
    __slots__ = ()

    async def get(self, post_id: PostId) -> Post | None:
        row = await self._first(_GET, {"id": post_id})
        return post_from_row(row) if row else None

    async def add(self, post: Post) -> None:
        """Raises `UserNotFound`, too."""
        # The author's row comes first, or Postgres would find the foreign key broken and end the transaction.
        if not await self._bump_user(post.author_id, "posts", 1):
            raise UserNotFound
        if not await self._run(_add(self._dialect), post_values(post)):
            await self._bump_user(post.author_id, "posts", -1)
            raise IdConflict
        await self._run(_ADD_COUNTERS, {"post_id": post.id})

    async def blank_of(self, author_id: UserId) -> None:
        await self._run(_BLANK, {"author": author_id})
