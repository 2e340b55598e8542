"""Messages, node numbers, timelines and trending: what the product keeps for itself."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from socialfeed.adapters.sql.columns import Id, Moment
from socialfeed.adapters.sql.tables.base import metadata

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("payload", Text, nullable=False),  # JSON
    Column("at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retry_at", Moment),  # NULL: at once
    Column("last_error", Text),
    Column("parked_at", Moment),  # NULL: it is offered
)

inbox = Table(
    "inbox",
    metadata,
    Column("event_id", Id, nullable=False),
    Column("consumer", Text, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    PrimaryKeyConstraint("event_id", "consumer"),
    sqlite_with_rowid=False,
)

# What a key made may be gone, and whose it is cannot be: users stay. No foreign key, as in `likes`.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("user_id", Id, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("object_id", Id, nullable=False),
    Column("created_at", Moment, nullable=False, index=True),
    PrimaryKeyConstraint("user_id", "key"),
    sqlite_with_rowid=False,
)

id_nodes = Table(
    "id_nodes",
    metadata,
    Column("node", Integer, primary_key=True, autoincrement=False),
    Column("owner", Text, nullable=False),
    Column("until", Moment, nullable=False),
)

timelines = Table(
    "timelines",
    metadata,
    Column("owner_id", Id, primary_key=True, autoincrement=False),
    Column("warming_until", Moment),  # NULL: warm
    Column("warming", BigInteger),  # Who fills it must know this number.
    Column("floor_id", Id),  # NULL: complete to the beginning
    Column("read_at", Moment, nullable=False, index=True),
)

timeline_entries = Table(
    "timeline_entries",
    metadata,
    Column("owner_id", Id, nullable=False),
    Column("post_id", Id, nullable=False),
    Column("author_id", Id, nullable=False),
    PrimaryKeyConstraint("owner_id", "post_id"),
    sqlite_with_rowid=False,
)

# The newest post of each author that was not pushed. Rows stay: what is below all timelines costs nobody a look.
pulled_authors = Table(
    "pulled_authors",
    metadata,
    Column("author_id", Id, primary_key=True, autoincrement=False),
    Column("post_id", Id, nullable=False),
)

trending_scores = Table(
    "trending_scores",
    metadata,
    Column("post_id", Id, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),  # The landmark that the score is kept under.
    Column("score", Float(53), nullable=False),
    Column("weight", Float(53), nullable=False),  # The sum without decay: exactly zero once all is taken back.
)
