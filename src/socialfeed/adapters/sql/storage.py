"""One open database as the application sees it."""

from socialfeed.adapters.sql.database import Database
from socialfeed.adapters.sql.nodes import SqlNodeLeases
from socialfeed.adapters.sql.outbox import PostgresRelay, SqliteRelay
from socialfeed.adapters.sql.readers.access import SqlAccessReader
from socialfeed.adapters.sql.readers.activity import SqlActivityReader
from socialfeed.adapters.sql.readers.comments import SqlCommentReader
from socialfeed.adapters.sql.readers.counters import SqlCounterReader
from socialfeed.adapters.sql.readers.drafts import SqlDraftReader
from socialfeed.adapters.sql.readers.engagement import SqlEngagementReader
from socialfeed.adapters.sql.readers.graph import SqlGraphReader
from socialfeed.adapters.sql.readers.keeping import SqlBookmarkReader, SqlPinReader
from socialfeed.adapters.sql.readers.lists import SqlListReader
from socialfeed.adapters.sql.readers.media import SqlMediaReader
from socialfeed.adapters.sql.readers.posts import SqlPostReader
from socialfeed.adapters.sql.readers.sessions import SqlSessionReader
from socialfeed.adapters.sql.readers.users import SqlUserReader
from socialfeed.adapters.sql.schema import check
from socialfeed.adapters.sql.timelines import SqlTimelines
from socialfeed.adapters.sql.transaction import SqlUnitOfWork
from socialfeed.adapters.sql.trending import SqlTrending
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.search import SearchIndex


class SqlStorage:
    """`database` is there for what is outside the ports: bulk loads."""

    def __init__(
        self, database: Database, clock: Clock, outbox: PostgresRelay | SqliteRelay, search: SearchIndex
    ) -> None:
        self.database = database
        self.name = database.dialect.name
        self.uow = SqlUnitOfWork(database)
        self.users = SqlUserReader(database)
        self.posts = SqlPostReader(database)
        self.counters = SqlCounterReader(database)
        self.comments = SqlCommentReader(database)
        self.engagement = SqlEngagementReader(database)
        self.bookmarks = SqlBookmarkReader(database)
        self.pins = SqlPinReader(database)
        self.drafts = SqlDraftReader(database)
        self.lists = SqlListReader(database)
        self.graph = SqlGraphReader(database)
        self.media = SqlMediaReader(database)
        self.sessions = SqlSessionReader(database)
        self.access = SqlAccessReader(database)
        self.activity = SqlActivityReader(database)
        self.outbox = outbox
        self.timelines = SqlTimelines(database, clock)
        self.trending = SqlTrending(database, clock)
        self.search = search
        self.nodes = SqlNodeLeases(database)

    async def check(self) -> None:
        await check(self.database)
