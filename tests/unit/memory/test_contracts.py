"""Every contract suite over memory."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from socialfeed.adapters.memory import (
    MemoryFetcher,
    MemoryMailer,
    open_memory_mail,
    open_memory_media,
    open_memory_shared,
    open_memory_storage,
)
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.cache import Cache, CounterCache
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.fetch import Fetcher
from socialfeed.application.ports.limits import RateLimiter
from socialfeed.application.ports.mail import Mail
from socialfeed.application.ports.media import MediaStore
from socialfeed.application.ports.search import SearchIndex
from socialfeed.application.ports.shared import SharedStore
from socialfeed.application.ports.storage import NodeLeases, Storage
from socialfeed.application.ports.timelines import Timelines, VersionedTimelines
from socialfeed.application.ports.trending import Trending
from socialfeed.testing import FixedClock
from socialfeed.testing.contracts.cache import CacheContract, CacheTimeContract, CounterCacheContract
from socialfeed.testing.contracts.fetch import Elsewhere, FetcherContract
from socialfeed.testing.contracts.limits import RateLimiterContract
from socialfeed.testing.contracts.mail import Mailbox, MailerContract
from socialfeed.testing.contracts.media import MediaStoreContract
from socialfeed.testing.contracts.nodes import NodeLeasesContract
from socialfeed.testing.contracts.outbox import OutboxContract, OutboxTimeContract
from socialfeed.testing.contracts.search import SearchContract, SearchUsersContract
from socialfeed.testing.contracts.storage import StorageContract
from socialfeed.testing.contracts.timelines import TimelinesContract, TimelinesTimeContract, VersionedTimelinesContract
from socialfeed.testing.contracts.trending import TrendingContract


class OnTheSystemClock:
    @pytest.fixture
    def clock(self) -> Clock:
        return SystemClock()


class OnAFixedClock:
    @pytest.fixture
    def clock(self) -> FixedClock:
        return FixedClock()


class OverMemory:
    @pytest.fixture
    def context(self, clock: Clock, tmp_path: Path) -> AdapterContext:
        return AdapterContext(clock, tmp_path)

    @pytest.fixture
    async def storage(self, context: AdapterContext) -> AsyncIterator[Storage]:
        async with open_memory_storage("memory://", context) as storage:
            yield storage

    @pytest.fixture
    async def shared(self, context: AdapterContext) -> AsyncIterator[SharedStore]:
        async with open_memory_shared("memory://", context) as shared:
            await shared.check()
            yield shared


class TestStorage(OverMemory, OnTheSystemClock, StorageContract):
    pass


class TestOutbox(OverMemory, OnTheSystemClock, OutboxContract):
    pass


class TestOutboxTime(OverMemory, OnAFixedClock, OutboxTimeContract):
    pass


class TestNodeLeases(OverMemory, OnTheSystemClock, NodeLeasesContract):
    @pytest.fixture
    def nodes(self, storage: Storage) -> NodeLeases:
        return storage.nodes


class TestStorageTimelines(OverMemory, OnTheSystemClock, TimelinesContract):
    @pytest.fixture
    def timelines(self, storage: Storage) -> Timelines:
        return storage.timelines


class TestStorageTrending(OverMemory, OnTheSystemClock, TrendingContract):
    @pytest.fixture
    def trending(self, storage: Storage) -> Trending:
        return storage.trending


class TestSearch(OverMemory, OnTheSystemClock, SearchContract):
    @pytest.fixture
    def search(self, storage: Storage) -> SearchIndex:
        return storage.search


class TestSearchForUsers(OverMemory, OnTheSystemClock, SearchUsersContract):
    @pytest.fixture
    def search(self, storage: Storage) -> SearchIndex:
        return storage.search


class TestSharedTimelines(OverMemory, OnTheSystemClock, TimelinesContract):
    @pytest.fixture
    def timelines(self, shared: SharedStore) -> Timelines:
        return shared.timelines


class TestVersionsOfSharedTimelines(OverMemory, OnTheSystemClock, VersionedTimelinesContract):
    @pytest.fixture
    def timelines(self, shared: SharedStore) -> VersionedTimelines:
        return shared.timelines


class TestSharedTimelinesTime(OverMemory, OnAFixedClock, TimelinesTimeContract):
    @pytest.fixture
    def timelines(self, shared: SharedStore) -> Timelines:
        return shared.timelines


class TestSharedTrending(OverMemory, OnTheSystemClock, TrendingContract):
    @pytest.fixture
    def trending(self, shared: SharedStore) -> Trending:
        return shared.trending


class TestCache(OverMemory, OnTheSystemClock, CacheContract):
    @pytest.fixture
    def cache(self, shared: SharedStore) -> Cache:
        return shared.cache


class TestCacheTime(OverMemory, OnAFixedClock, CacheTimeContract):
    @pytest.fixture
    def cache(self, shared: SharedStore) -> Cache:
        return shared.cache


class TestCounterCache(OverMemory, OnTheSystemClock, CounterCacheContract):
    @pytest.fixture
    def counters(self, shared: SharedStore) -> CounterCache:
        return shared.counters


class TestRateLimiter(OverMemory, OnTheSystemClock, RateLimiterContract):
    @pytest.fixture
    def limiter(self, shared: SharedStore) -> RateLimiter:
        return shared.limiter


class TestMailer(OverMemory, OnTheSystemClock, MailerContract):
    @pytest.fixture
    async def mailer(self, context: AdapterContext) -> AsyncIterator[MemoryMailer]:
        async with open_memory_mail("memory://", context) as mailer:
            yield mailer

    @pytest.fixture
    def mailbox(self, mailer: MemoryMailer) -> Mailbox:
        async def sent() -> Sequence[Mail]:
            return mailer.sent

        return sent


class TestMediaStore(OverMemory, OnTheSystemClock, MediaStoreContract):
    @pytest.fixture
    async def media(self, context: AdapterContext) -> AsyncIterator[MediaStore]:
        async with open_memory_media("memory://", context) as media:
            yield media


class TestFetcher(FetcherContract):
    @pytest.fixture
    def elsewhere(self) -> Elsewhere:
        class Everything:
            def __init__(self, fetcher: MemoryFetcher) -> None:
                self.fetcher: Fetcher = fetcher
                self.put = fetcher.put

        return Everything(MemoryFetcher())
