"""The contracts, on SQLite and on Postgres."""

import pytest

from socialfeed.adapters.sql import SqlStorage
from socialfeed.adapters.sql.timelines import SqlTimelines
from socialfeed.adapters.sql.trending import SqlTrending
from socialfeed.application.ports.search import SearchIndex
from socialfeed.application.ports.storage import NodeLeases
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.nodes import NodeLeasesContract
from socialfeed.testing.contracts.outbox import OutboxContract, OutboxTimeContract
from socialfeed.testing.contracts.search import SearchContract, SearchUsersContract
from socialfeed.testing.contracts.storage import StorageContract
from socialfeed.testing.contracts.timelines import TimelinesContract, TimelinesTimeContract
from socialfeed.testing.contracts.trending import TrendingContract


class TestStorage(StorageContract):
    pass


class TestOutbox(OutboxContract):
    pass


class TestOutboxInTime(OutboxTimeContract):
    @pytest.fixture
    def clock(self) -> FixedClock:
        return FixedClock()


class TestTimelines(TimelinesContract):
    @pytest.fixture
    def timelines(self, storage: SqlStorage) -> SqlTimelines:
        return storage.timelines


class TestTimelinesTrimmedAtEachPush(TimelinesContract):
    """What is left to chance elsewhere happens every time here."""

    @pytest.fixture
    def timelines(self, storage: SqlStorage, clock: FixedClock) -> SqlTimelines:
        return SqlTimelines(storage.database, clock, trim_chance=1)


class TestTimelinesInTime(TimelinesTimeContract):
    @pytest.fixture
    def clock(self) -> FixedClock:
        return FixedClock()

    @pytest.fixture
    def timelines(self, storage: SqlStorage) -> SqlTimelines:
        return storage.timelines


class TestTrending(TrendingContract):
    @pytest.fixture
    def trending(self, storage: SqlStorage) -> SqlTrending:
        return storage.trending


class TestTrendingPrunedAtEachReaction(TrendingContract):
    @pytest.fixture
    def trending(self, storage: SqlStorage, clock: FixedClock) -> SqlTrending:
        return SqlTrending(storage.database, clock, prune_chance=1)


class TestSearch(SearchContract):
    @pytest.fixture
    def search(self, storage: SqlStorage) -> SearchIndex:
        return storage.search


class TestSearchForUsers(SearchUsersContract):
    @pytest.fixture
    def search(self, storage: SqlStorage) -> SearchIndex:
        return storage.search


class TestNodeLeases(NodeLeasesContract):
    @pytest.fixture
    def nodes(self, storage: SqlStorage) -> NodeLeases:
        return storage.nodes
