"""Accounts, what proves them, and what they may do."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    false,
    literal_column,
)

from socialfeed.adapters.sql.columns import Id, Moment
from socialfeed.adapters.sql.tables.base import metadata

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("username", Text, nullable=False),
    Column("username_key", Text, nullable=False, unique=True),  # In lower case: names differ by more than case.
    Column("email", Text, nullable=False, index=True),
    Column("password_hash", Text, nullable=False),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("bio", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("status", Text, nullable=False),
    Column("roles", Text, nullable=False),  # Names, sorted and joined by commas.
    Column("avatar_url", Text),
    # Processes of the last release know neither of the two that have defaults.
    Column("is_private", Boolean, nullable=False, server_default=false()),
    Column("locale", Text, nullable=False, server_default="en"),
    Column("new_email", Text),
    Column("erase_at", Moment),
)

# Literals, not parameters: a plan made for any value could not use the partial indexes.
is_proven = users.c.status != literal_column("'unverified'")
is_to_be_erased = users.c.erase_at.is_not(None)

# Most accounts are active and have the one role of everybody. Looking for others does not walk through those.
is_not_active = users.c.status != literal_column("'active'")
has_special_roles = and_(users.c.roles != literal_column("'user'"), users.c.roles != literal_column("''"))

Index("uq_users_proven_email", users.c.email, unique=True, postgresql_where=is_proven, sqlite_where=is_proven)
Index("ix_users_erase_at", users.c.erase_at, users.c.id, postgresql_where=is_to_be_erased, sqlite_where=is_to_be_erased)
Index("ix_users_status", users.c.status, users.c.id, postgresql_where=is_not_active, sqlite_where=is_not_active)
Index("ix_users_special_roles", users.c.id, postgresql_where=has_special_roles, sqlite_where=has_special_roles)

user_counters = Table(
    "user_counters",
    metadata,
    Column("user_id", Id, ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("posts", Integer, nullable=False),
    Column("followers", Integer, nullable=False),
    Column("following", Integer, nullable=False),
    # Room on each page for the next version of a row: updates then leave the index alone.
    postgresql_with={"fillfactor": 70},
)

codes = Table(
    "one_time_codes",
    metadata,
    Column("user_id", Id, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("id", Id, nullable=False),
    Column("code_hash", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    PrimaryKeyConstraint("user_id", "purpose"),
    sqlite_with_rowid=False,
)

# No statement uses it: processes of the last release still do while those of this one start. The next release drops it.
codes_of_last_release = Table(
    "codes",
    metadata,
    Column("user_id", Id, ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("id", Id, nullable=False),
    Column("code_hash", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("user_id", Id, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("token_hash", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("address", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    # Each refresh rewrites the row, and touches no index.
    postgresql_with={"fillfactor": 70},
)

# What became of the user does not matter here, so there is no foreign key.
revocations = Table(
    "revocations",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),  # Of the event.
    Column("user_id", Id, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)

roles = Table(
    "roles",
    metadata,
    Column("name", Text, primary_key=True),
    Column("permissions", Text, nullable=False),  # Sorted and joined by commas.
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

grants = Table(
    "grants",
    metadata,
    Column("user_id", Id, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False),
    Column("permission", Text, nullable=False),
    Column("granted_at", Moment, nullable=False),
    Column("expires_at", Moment),  # NULL: for good
    PrimaryKeyConstraint("user_id", "permission"),
    sqlite_with_rowid=False,
)
