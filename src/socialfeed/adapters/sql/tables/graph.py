"""How accounts stand to one another, and the words they do not want to read.

No foreign keys: the row that counts an account's follows proves that it exists, and is what follows and blocks lock.
"""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from socialfeed.adapters.sql.columns import Id, Moment
from socialfeed.adapters.sql.tables.base import metadata

follows = Table(
    "follows",
    metadata,
    Column("follower_id", Id, nullable=False),
    Column("followee_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("priority", Integer, nullable=False, server_default="0"),
    PrimaryKeyConstraint("follower_id", "followee_id"),
    sqlite_with_rowid=False,
)

# Of two indexes that begin with the same column Postgres may take the wrong one, and sort: one is enough.
Index("ix_follows_followers", follows.c.followee_id, follows.c.id)

follow_requests = Table(
    "follow_requests",
    metadata,
    Column("requester_id", Id, nullable=False),
    Column("target_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
    PrimaryKeyConstraint("requester_id", "target_id"),
    sqlite_with_rowid=False,
)

Index("ix_follow_requests_target_id", follow_requests.c.target_id, follow_requests.c.id)

blocks = Table(
    "blocks",
    metadata,
    Column("blocker_id", Id, nullable=False),
    Column("blocked_id", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
    PrimaryKeyConstraint("blocker_id", "blocked_id"),
    sqlite_with_rowid=False,
)

Index("ix_blocks_blocked_id", blocks.c.blocked_id, blocks.c.blocker_id)

mutes = Table(
    "mutes",
    metadata,
    Column("muter_id", Id, nullable=False),
    Column("muted_id", Id, nullable=False),
    Column("kinds", Integer, nullable=False),  # The bits of `MuteOf`.
    Column("created_at", Moment, nullable=False),
    Column("until", Moment),
    PrimaryKeyConstraint("muter_id", "muted_id"),
    sqlite_with_rowid=False,
)

muted_words = Table(
    "muted_words",
    metadata,
    Column("user_id", Id, nullable=False),
    Column("phrase", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("until", Moment),
    PrimaryKeyConstraint("user_id", "phrase"),
    sqlite_with_rowid=False,
)
