"""Messages, node numbers, timelines and trending: what the product keeps for itself."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from socialfeed.adapters.sql.columns import Id, Moment
from socialfeed.adapters.sql.tables.base import metadata
from socialfeed.domain.ranking import Window

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

# Of a share, `post_id` is its id and `author_id` who shared.
timeline_entries = Table(
    "timeline_entries",
    metadata,
    Column("owner_id", Id, nullable=False),
    Column("post_id", Id, nullable=False),
    Column("author_id", Id, nullable=False),
    PrimaryKeyConstraint("owner_id", "post_id"),
    sqlite_with_rowid=False,
)

# The newest post, or share, of each account that was not pushed. Rows stay: what is below all timelines costs nobody a
# look.
pulled_authors = Table(
    "pulled_authors",
    metadata,
    Column("author_id", Id, primary_key=True, autoincrement=False),
    Column("post_id", Id, nullable=False),
)

# Processes of the last release write here; the next one drops it.
trending_scores = Table(
    "trending_scores",
    metadata,
    Column("post_id", Id, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("score", Float(53), nullable=False),
    Column("weight", Float(53), nullable=False),
)

# Of each post that somebody reacted to lately: how many people count, and for each window the sum under the landmark of
# its epoch, the greatest this was, and the rank, which is NULL where the post does not trend.
trending_posts = Table(
    "trending_posts",
    metadata,
    Column("post_id", Id, primary_key=True, autoincrement=False),
    Column("touched_at", Moment, nullable=False, index=True),
    Column("actors", Integer, nullable=False, server_default="0"),
    *(
        Column(f"{window}_{name}", kind, nullable=name == "rank", server_default=None if name == "rank" else "0")
        for window in Window
        for name, kind in (("epoch", Integer), ("total", Float(53)), ("peak", Float(53)), ("rank", Float(53)))
    ),
)

for _window in Window:
    _rank = trending_posts.c[f"{_window}_rank"]
    Index(
        f"ix_trending_posts_{_window}",
        _rank,
        trending_posts.c.post_id,
        postgresql_where=_rank.is_not(None),
        sqlite_where=_rank.is_not(None),
    )

# Where posts stand once they trend; and where they stood: whoever reads looks again.
trending_scopes = Table(
    "trending_scopes",
    metadata,
    Column("scope", Text, nullable=False),
    Column("post_id", Id, nullable=False),
    PrimaryKeyConstraint("scope", "post_id"),
    sqlite_with_rowid=False,
)

Index("ix_trending_scopes_post_id", trending_scopes.c.post_id)

trending_standings = Table(
    "trending_standings",
    metadata,
    Column("post_id", Id, nullable=False),
    Column("actor_id", Id, nullable=False),
    Column("standing", Text, nullable=False),  # Numbers with blanks between them: see `domain.trending`.
    PrimaryKeyConstraint("post_id", "actor_id"),
    sqlite_with_rowid=False,
    postgresql_with={"fillfactor": 70},
)

trending_hours = Table(
    "trending_hours",
    metadata,
    Column("hour", Integer, nullable=False),
    Column("actor_id", Id, nullable=False),
    Column("reactions", Integer, nullable=False),
    Column("since", Moment, nullable=False, index=True),
    PrimaryKeyConstraint("hour", "actor_id"),
    sqlite_with_rowid=False,
    postgresql_with={"fillfactor": 70},
)
