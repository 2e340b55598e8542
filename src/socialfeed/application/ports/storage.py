"""The database: transactions for writing, batch readers for reading, and what both are part of."""

from datetime import datetime
from typing import Protocol

from socialfeed.application.ports.access import AccessReader
from socialfeed.application.ports.activity import ActivityReader
from socialfeed.application.ports.counters import CounterReader
from socialfeed.application.ports.graph import GraphReader
from socialfeed.application.ports.keeping import BookmarkReader, DraftReader, PinReader
from socialfeed.application.ports.lists import ListReader
from socialfeed.application.ports.media_items import MediaReader
from socialfeed.application.ports.outbox import OutboxRelay
from socialfeed.application.ports.readers import (
    CommentReader,
    EngagementReader,
    PostReader,
    SessionReader,
    UserReader,
)
from socialfeed.application.ports.repositories import UnitOfWork
from socialfeed.application.ports.search import SearchIndex
from socialfeed.application.ports.timelines import Timelines
from socialfeed.application.ports.trending import Trending


class NodeLeases(Protocol):
    async def lease(self, owner: str, at: datetime, until: datetime) -> int:
        """A node number from 1 to 255 that nobody else holds at `at`. 0 is kept for bulk loads. Raises
        `Unavailable` when all are taken.
        """

    async def renew(self, node: int, owner: str, until: datetime) -> bool:
        """False when the lease was lost to another owner."""

    async def release(self, node: int, owner: str) -> None:
        """Idempotent; does nothing to another owner's lease."""


class Storage(Protocol):
    """One database, open. What a `socialfeed.adapters` factory for a database URL yields."""

    @property
    def name(self) -> str:
        """For logs and `/health/ready`: "postgresql", "sqlite", ..."""

    @property
    def uow(self) -> UnitOfWork: ...
    @property
    def users(self) -> UserReader: ...
    @property
    def posts(self) -> PostReader: ...
    @property
    def counters(self) -> CounterReader: ...
    @property
    def comments(self) -> CommentReader: ...
    @property
    def engagement(self) -> EngagementReader: ...
    @property
    def bookmarks(self) -> BookmarkReader: ...
    @property
    def pins(self) -> PinReader: ...
    @property
    def drafts(self) -> DraftReader: ...
    @property
    def graph(self) -> GraphReader: ...
    @property
    def lists(self) -> ListReader: ...
    @property
    def outbox(self) -> OutboxRelay: ...
    @property
    def timelines(self) -> Timelines: ...
    @property
    def trending(self) -> Trending: ...
    @property
    def media(self) -> MediaReader: ...
    @property
    def search(self) -> SearchIndex: ...
    @property
    def sessions(self) -> SessionReader: ...
    @property
    def access(self) -> AccessReader: ...
    @property
    def activity(self) -> ActivityReader: ...
    @property
    def nodes(self) -> NodeLeases: ...

    async def check(self) -> None:
        """Raises `Unavailable` unless the database answers and its schema is the one this version needs."""
