"""Keeping the index: the same on both databases, but for how words are written down."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache

from sqlalchemy import BigInteger, Insert, SelectBase, bindparam, delete, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from socialfeed.adapters.sql.database import Database
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.tables import post_search, user_search
from socialfeed.application.ports.search import PostDocument, UserDocument
from socialfeed.domain.ids import PostId, UserId

_REMOVE_POST = delete(post_search).where(post_search.c.post_id == bindparam("post"))
_REMOVE_POSTS_OF = delete(post_search).where(post_search.c.author_id == bindparam("author"))
_REMOVE_USER = delete(user_search).where(user_search.c.user_id == bindparam("user"))


@cache
def _put_posts(dialect: Dialect) -> Insert:
    put = dialect.insert(post_search)
    replaced = {"author_id": put.excluded.author_id, "words": put.excluded.words}
    return put.on_conflict_do_update(index_elements=["post_id"], set_=replaced)


@cache
def _put_users(dialect: Dialect) -> Insert:
    put = dialect.insert(user_search)
    replaced = {"names": put.excluded.names, "has_posts": put.excluded.has_posts}
    return put.on_conflict_do_update(index_elements=["user_id"], set_=replaced)


def _users(dialect: Dialect) -> SelectBase:
    return select(*user_search.c).where(dialect.any_of(user_search.c.user_id, "ids"))


def _posts_after(_: Dialect, limit: int) -> SelectBase:
    past = post_search.c.post_id > bindparam("after", type_=BigInteger)
    return select(post_search.c.post_id).where(past).order_by(post_search.c.post_id).limit(literal_column(str(limit)))


class SqlSearch(ABC):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_posts(self, documents: Sequence[PostDocument]) -> None:
        # In the order of ids, in which all who write several lock them; the last word on a post is the one that counts.
        latest = {document.post_id: document for document in documents}
        rows = [
            {"post_id": post_id, "author_id": document.author_id, "words": self.written(document)}
            for post_id, document in sorted(latest.items())
        ]
        if rows:
            async with self._database.begin() as connection:
                await connection.execute(_put_posts(self._database.dialect), rows)

    async def post_ids_after(self, after: int, *, limit: int) -> list[PostId]:
        rows = await self._database.rows(_posts_after, limit, after=after)
        return [PostId(post_id) for (post_id,) in rows]

    async def remove_posts(self, ids: Sequence[PostId]) -> None:
        if ids:
            async with self._database.begin() as connection:
                await connection.execute(_REMOVE_POST, [{"post": post_id} for post_id in sorted(ids)])

    async def remove_posts_of(self, author_id: UserId) -> None:
        async with self._database.begin() as connection:
            await connection.execute(_REMOVE_POSTS_OF, {"author": author_id})

    async def put_users(self, documents: Sequence[UserDocument]) -> None:
        latest = {document.user_id: document for document in documents}
        kept = [latest[user_id] for user_id in sorted(latest)]
        rows = [{"user_id": who.user_id, "names": " ".join(who.names), "has_posts": who.has_posts} for who in kept]
        if rows:
            async with self._database.begin() as connection:
                await connection.execute(_put_users(self._database.dialect), rows)
                await self.names_changed(connection, kept)

    async def remove_users(self, ids: Sequence[UserId]) -> None:
        if ids:
            async with self._database.begin() as connection:
                await connection.execute(_REMOVE_USER, [{"user": user_id} for user_id in sorted(ids)])
                await self.names_changed(connection, [UserDocument(user_id, ()) for user_id in sorted(ids)])

    async def users_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, UserDocument]:
        rows = await self._database.by_key(_users, ids)
        return {
            user_id: UserDocument(user_id, tuple(names.split()), bool(has_posts)) for user_id, names, has_posts in rows
        }

    @abstractmethod
    def written(self, document: PostDocument) -> str:
        """The words and labels of a post as the column holds them."""

    async def names_changed(self, connection: AsyncConnection, documents: Sequence[UserDocument]) -> None:
        """For what is kept of names beside the table; no names where an account is gone."""
        return
