"""The contract of `Storage`: everything but the outbox and what has a suite of its own.

Run `OutboxContract`, `TimelinesContract`, `TrendingContract`, `SearchContract`, `SearchUsersContract` and
`NodeLeasesContract` over the same storage too.
"""

from socialfeed.testing.contracts.access import AccessContract
from socialfeed.testing.contracts.activity import ActivityContract
from socialfeed.testing.contracts.activity_reader import ActivityReaderContract
from socialfeed.testing.contracts.addresses import AddressesContract
from socialfeed.testing.contracts.codes import CodesContract
from socialfeed.testing.contracts.comment_likes import CommentLikesContract
from socialfeed.testing.contracts.comments import CommentsContract
from socialfeed.testing.contracts.counters import CountersContract
from socialfeed.testing.contracts.drafts import DraftsContract
from socialfeed.testing.contracts.engagement import EngagementContract
from socialfeed.testing.contracts.graph import GraphContract
from socialfeed.testing.contracts.home import HomeContract
from socialfeed.testing.contracts.idempotency import IdempotencyContract
from socialfeed.testing.contracts.keeping import KeepingContract
from socialfeed.testing.contracts.lists import ListsContract
from socialfeed.testing.contracts.media_items import MediaItemsContract
from socialfeed.testing.contracts.model import ModelContract
from socialfeed.testing.contracts.posts import PostsContract
from socialfeed.testing.contracts.relations import RelationsContract
from socialfeed.testing.contracts.sessions import SessionsContract
from socialfeed.testing.contracts.transactions import TransactionsContract
from socialfeed.testing.contracts.users import UsersContract


class StorageContract(
    TransactionsContract,
    UsersContract,
    AddressesContract,
    CodesContract,
    SessionsContract,
    AccessContract,
    ActivityContract,
    ActivityReaderContract,
    PostsContract,
    HomeContract,
    CommentsContract,
    CommentLikesContract,
    EngagementContract,
    CountersContract,
    GraphContract,
    IdempotencyContract,
    MediaItemsContract,
    RelationsContract,
    DraftsContract,
    KeepingContract,
    ListsContract,
    ModelContract,
):
    """Fixture: `storage`, fresh and empty for each test."""
