"""What users keep of posts. No foreign keys, as in `likes`: who removes a post removes these."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text

from socialfeed.adapters.sql.columns import Id, Moment
from socialfeed.adapters.sql.tables.base import metadata

bookmarks = Table(
    "bookmarks",
    metadata,
    Column("user_id", Id, nullable=False),
    Column("post_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("folder", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    PrimaryKeyConstraint("post_id", "user_id"),
    sqlite_with_rowid=False,
)

# No two begin alike: Postgres would walk the wrong one, and fetch and sort all that a user has.
Index("ix_bookmarks_user_id", bookmarks.c.user_id, bookmarks.c.id)
Index("ix_bookmarks_folder", bookmarks.c.folder, bookmarks.c.user_id, bookmarks.c.id)

pins = Table(
    "pins",
    metadata,
    Column("user_id", Id, primary_key=True, autoincrement=False),
    Column("post_id", Id, nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
)
