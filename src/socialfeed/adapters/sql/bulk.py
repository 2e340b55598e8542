"""Loads many entities at once, outside the ports: what `socialfeed seed` does to a database of ours.

Everything is one transaction. Counters are added up on the way and written last, so that no row is written twice.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

import psycopg
from sqlalchemy import Table, exc, text
from sqlalchemy.ext.asyncio import AsyncConnection

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.database import Database
from socialfeed.adapters.sql.errors import conflict_of
from socialfeed.adapters.sql.rows import Values
from socialfeed.adapters.sql.rows.comments import comment_values
from socialfeed.adapters.sql.rows.graph import follow_values
from socialfeed.adapters.sql.rows.posts import post_values, tag_values
from socialfeed.adapters.sql.rows.reactions import reaction_values
from socialfeed.adapters.sql.rows.users import user_values
from socialfeed.adapters.sql.storage import SqlStorage
from socialfeed.domain.comment import Comment
from socialfeed.domain.engagement import Like, Share
from socialfeed.domain.errors import PostNotFound, UserNotFound
from socialfeed.domain.graph import Follow
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.post import Post
from socialfeed.domain.user import User

CHUNK = 5_000

E = TypeVar("E")
Progress = Callable[[str, int], None]
"""Gets the name of an argument of `load` and how many of it are stored so far."""


def say_nothing(_name: str, _done: int) -> None: ...


async def load(
    storage: SqlStorage,
    *,
    users: Iterable[User] = (),
    follows: Iterable[Follow] = (),
    posts: Iterable[Post] = (),
    comments: Iterable[Comment] = (),
    likes: Iterable[Like] = (),
    shares: Iterable[Share] = (),
    progress: Progress = say_nothing,
) -> None:
    """Stores them all, or none, with the counters that belong to them. No events are sent and no timelines written.

    The entities refer to one another only: one of a user or post that is not among them raises `UserNotFound` or
    `PostNotFound`. Each is consumed once, in the order of the arguments. Raises `IdConflict`, `UsernameTaken` and
    `EmailTaken` as the repositories do. On SQLite other writers wait meanwhile.
    """
    try:
        async with storage.database.begin() as connection:
            bulk = _Bulk(storage.database, connection)
            await bulk.store(tables.users, users, bulk.user, lambda done: progress("users", done))
            await bulk.store(tables.follows, follows, bulk.follow, lambda done: progress("follows", done))
            await bulk.store(tables.posts, posts, bulk.post, lambda done: progress("posts", done))
            await bulk.store_tags()
            await bulk.store(tables.comments, comments, bulk.comment, lambda done: progress("comments", done))
            await bulk.store(tables.likes, likes, bulk.like, lambda done: progress("likes", done))
            await bulk.store(tables.shares, shares, bulk.share, lambda done: progress("shares", done))
            await bulk.store_counters()
            await bulk.analyze()
    except (exc.IntegrityError, psycopg.IntegrityError) as error:
        if conflict := conflict_of(error):
            raise conflict from error
        raise


class _UserTally:
    __slots__ = ("followers", "following", "posts")

    def __init__(self) -> None:
        self.posts = self.followers = self.following = 0


class _PostTally:
    __slots__ = ("comments", "likes", "shares")

    def __init__(self) -> None:
        self.likes = self.comments = self.shares = 0


class _Bulk:
    """One load. The methods named after a noun give the row of an entity and count it where it counts."""

    def __init__(self, database: Database, connection: AsyncConnection) -> None:
        self._database = database
        self._connection = connection
        self._users: dict[UserId, _UserTally] = {}
        self._posts: dict[PostId, _PostTally] = {}
        self._tags: list[Values] = []

    async def store(
        self,
        table: Table,
        entities: Iterable[E],
        row: Callable[[E], Values],
        advance: Callable[[int], None] | None = None,
    ) -> None:
        done = 0
        for chunk in _chunks(entities):
            await self._database.insert_many(self._connection, table, [row(entity) for entity in chunk])
            done += len(chunk)
            if advance:
                advance(done)

    def user(self, user: User) -> Values:
        self._users[user.id] = _UserTally()
        return user_values(user)

    def follow(self, follow: Follow) -> Values:
        self._user(follow.follower_id).following += 1
        self._user(follow.followee_id).followers += 1
        return follow_values(follow)

    def post(self, post: Post) -> Values:
        self._user(post.author_id).posts += 1
        self._posts[post.id] = _PostTally()
        if post.quote_of is not None and not post.is_deleted:
            self._post(post.quote_of).shares += 1
        self._tags += tag_values(post)
        return post_values(post)

    def comment(self, comment: Comment) -> Values:
        self._post(comment.post_id).comments += 1
        return comment_values(comment)

    def like(self, like: Like) -> Values:
        self._post(like.post_id).likes += 1
        return reaction_values(like)

    def share(self, share: Share) -> Values:
        self._post(share.post_id).shares += 1
        return reaction_values(share)

    async def store_tags(self) -> None:
        await self.store(tables.post_tags, self._tags, lambda row: row)

    async def store_counters(self) -> None:
        def of_user(item: tuple[UserId, _UserTally]) -> Values:
            user_id, tally = item
            return {
                "user_id": user_id,
                "posts": tally.posts,
                "followers": tally.followers,
                "following": tally.following,
            }

        def of_post(item: tuple[PostId, _PostTally]) -> Values:
            post_id, tally = item
            return {
                "post_id": post_id,
                "likes": tally.likes,
                "comments": tally.comments,
                "shares": tally.shares,
                # As if they had come one by one.
                "version": tally.likes + tally.comments + tally.shares,
            }

        await self.store(tables.user_counters, self._users.items(), of_user)
        await self.store(tables.post_counters, self._posts.items(), of_post)

    async def analyze(self) -> None:
        """Tells the planner at once what it would find out in a minute or so."""
        stored = (tables.users, tables.follows, tables.posts, tables.comments, tables.likes, tables.shares)
        for table in (*stored, tables.comment_counters):  # A trigger stored these.
            await self._connection.execute(text(f"ANALYZE {table.name}"))

    def _user(self, user_id: UserId) -> _UserTally:
        try:
            return self._users[user_id]
        except KeyError:
            raise UserNotFound from None

    def _post(self, post_id: PostId) -> _PostTally:
        try:
            return self._posts[post_id]
        except KeyError:
            raise PostNotFound from None


def _chunks(entities: Iterable[E]) -> Iterator[list[E]]:
    iterator = iter(entities)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
