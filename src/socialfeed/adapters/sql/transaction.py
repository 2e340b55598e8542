"""The unit of work: one transaction of the database with the repositories on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from socialfeed.adapters.sql.database import Database
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.access import SqlGrants, SqlRoles
from socialfeed.adapters.sql.repositories.activity import SqlActivityLog
from socialfeed.adapters.sql.repositories.comment_likes import SqlCommentLikes
from socialfeed.adapters.sql.repositories.comments import SqlComments
from socialfeed.adapters.sql.repositories.counters import SqlCounters
from socialfeed.adapters.sql.repositories.drafts import SqlDrafts
from socialfeed.adapters.sql.repositories.follows import SqlFollows
from socialfeed.adapters.sql.repositories.idempotency import SqlIdempotencyKeys
from socialfeed.adapters.sql.repositories.keeping import SqlBookmarks, SqlPins
from socialfeed.adapters.sql.repositories.lists import SqlLists
from socialfeed.adapters.sql.repositories.media import SqlMediaItems
from socialfeed.adapters.sql.repositories.messages import SqlInbox, SqlOutbox
from socialfeed.adapters.sql.repositories.posts import SqlPosts
from socialfeed.adapters.sql.repositories.reactions import SqlLikes, SqlShares
from socialfeed.adapters.sql.repositories.relations import SqlBlocks, SqlFollowRequests, SqlMutedWords, SqlMutes
from socialfeed.adapters.sql.repositories.sessions import SqlRevocations, SqlSessions
from socialfeed.adapters.sql.repositories.users import SqlCodes, SqlUsers


class SqlTransaction:
    __slots__ = (
        "activity",
        "blocks",
        "bookmarks",
        "codes",
        "comment_likes",
        "comments",
        "counters",
        "drafts",
        "follows",
        "grants",
        "idempotency",
        "inbox",
        "likes",
        "lists",
        "media",
        "muted_words",
        "mutes",
        "outbox",
        "pins",
        "posts",
        "requests",
        "revocations",
        "roles",
        "sessions",
        "shares",
        "users",
    )

    def __init__(self, connection: AsyncConnection, dialect: Dialect) -> None:
        self.users = SqlUsers(connection, dialect)
        self.codes = SqlCodes(connection, dialect)
        self.posts = SqlPosts(connection, dialect)
        self.counters = SqlCounters(connection, dialect)
        self.comments = SqlComments(connection, dialect)
        self.comment_likes = SqlCommentLikes(connection, dialect)
        self.likes = SqlLikes(connection, dialect)
        self.shares = SqlShares(connection, dialect)
        self.bookmarks = SqlBookmarks(connection, dialect)
        self.pins = SqlPins(connection, dialect)
        self.drafts = SqlDrafts(connection, dialect)
        self.lists = SqlLists(connection, dialect)
        self.follows = SqlFollows(connection, dialect)
        self.media = SqlMediaItems(connection, dialect)
        self.requests = SqlFollowRequests(connection, dialect)
        self.blocks = SqlBlocks(connection, dialect)
        self.mutes = SqlMutes(connection, dialect)
        self.muted_words = SqlMutedWords(connection, dialect)
        self.sessions = SqlSessions(connection, dialect)
        self.revocations = SqlRevocations(connection, dialect)
        self.roles = SqlRoles(connection, dialect)
        self.grants = SqlGrants(connection, dialect)
        self.activity = SqlActivityLog(connection, dialect)
        self.outbox = SqlOutbox(connection, dialect)
        self.inbox = SqlInbox(connection, dialect)
        self.idempotency = SqlIdempotencyKeys(connection, dialect)


class SqlUnitOfWork:
    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[SqlTransaction]:
        async with self._database.begin() as connection:
            yield SqlTransaction(connection, self._database.dialect)
