"""The memory storage: the whole product without a database, gone when the process ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from socialfeed.adapters.memory.access import MemoryAccessReader
from socialfeed.adapters.memory.activity import MemoryActivityReader
from socialfeed.adapters.memory.comments import MemoryCommentReader
from socialfeed.adapters.memory.counters import MemoryCounterReader
from socialfeed.adapters.memory.database import Changes, Database
from socialfeed.adapters.memory.drafts import MemoryDraftReader
from socialfeed.adapters.memory.graph import MemoryGraphReader
from socialfeed.adapters.memory.keeping import MemoryBookmarkReader, MemoryPinReader
from socialfeed.adapters.memory.lists import MemoryListReader
from socialfeed.adapters.memory.media_items import MemoryMediaReader
from socialfeed.adapters.memory.nodes import MemoryNodeLeases
from socialfeed.adapters.memory.outbox import MemoryOutbox
from socialfeed.adapters.memory.readers import (
    MemoryEngagementReader,
    MemoryPostReader,
    MemoryUserReader,
)
from socialfeed.adapters.memory.repositories import MemoryTransaction
from socialfeed.adapters.memory.search import MemorySearch
from socialfeed.adapters.memory.sessions import MemorySessionReader
from socialfeed.adapters.memory.timelines import MemoryTimelines
from socialfeed.adapters.memory.trending import MemoryTrending
from socialfeed.adapters.memory.urls import require_bare
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.ports.storage import Storage


@asynccontextmanager
async def open_memory_storage(url: str, context: AdapterContext) -> AsyncIterator[Storage]:
    """`memory://`: empty at each opening."""
    require_bare(url)
    yield MemoryStorage(context.clock)


class MemoryUnitOfWork:
    """One writer at a time, which makes every lock that the port asks for true."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = asyncio.Lock()
        self._writer: asyncio.Task[object] | None = None

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Transaction]:
        task = asyncio.current_task()
        if task is not None and task is self._writer:
            raise RuntimeError("transactions do not nest")
        async with self._lock:
            self._writer = task
            try:
                changes = Changes(self._database)
                yield MemoryTransaction(changes)
                changes.commit()
            finally:
                self._writer = None


class MemoryStorage:
    name = "memory"

    def __init__(self, clock: Clock) -> None:
        database = Database()
        self.uow = MemoryUnitOfWork(database)
        self.users = MemoryUserReader(database)
        self.posts = MemoryPostReader(database)
        self.counters = MemoryCounterReader(database)
        self.comments = MemoryCommentReader(database)
        self.engagement = MemoryEngagementReader(database)
        self.bookmarks = MemoryBookmarkReader(database)
        self.pins = MemoryPinReader(database)
        self.drafts = MemoryDraftReader(database)
        self.lists = MemoryListReader(database)
        self.graph = MemoryGraphReader(database)
        self.media = MemoryMediaReader(database)
        self.sessions = MemorySessionReader(database)
        self.access = MemoryAccessReader(database)
        self.activity = MemoryActivityReader(database)
        self.outbox = MemoryOutbox(database.outbox, clock)
        self.timelines = MemoryTimelines(clock)
        self.trending = MemoryTrending(clock)
        self.search = MemorySearch()
        self.nodes = MemoryNodeLeases()

    async def check(self) -> None:
        """Always there."""
