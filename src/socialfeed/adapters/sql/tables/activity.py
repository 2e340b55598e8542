"""The activity log: see decision 9."""

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    literal_column,
)

from socialfeed.adapters.sql.columns import Id
from socialfeed.adapters.sql.tables.base import metadata

# Append-only, by triggers. Entries outlive what they are about, so nothing refers to it. On Postgres there is a
# partition for each month: see `partitions`.
activity = Table(
    "activity",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("actor_id", Id, nullable=False),
    Column("position", Id, nullable=False),
    Column("action", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("object_id", Id),
    Column("address", Text, nullable=False),
    Column("details", Text, nullable=False),  # JSON
    Column("count", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    postgresql_partition_by="RANGE (id)",
)

has_object = activity.c.object_id.is_not(None)
# True of every entry, but only who walks chains says so: Postgres would take their index for pages of an actor, too.
in_chain = activity.c.position > literal_column("0")

Index("ix_activity_actor_id", activity.c.actor_id, activity.c.id)
Index("ix_activity_chain", activity.c.actor_id, activity.c.position, postgresql_where=in_chain, sqlite_where=in_chain)
Index(
    "ix_activity_object_id", activity.c.object_id, activity.c.id, postgresql_where=has_object, sqlite_where=has_object
)

activity_chains = Table(
    "activity_chains",
    metadata,
    Column("actor_id", Id, primary_key=True, autoincrement=False),
    Column("position", Id, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    # Each entry rewrites the row of its actor, and touches no index.
    postgresql_with={"fillfactor": 70},
)
