"""What users keep of posts, and what is going to be one. No foreign keys, as in `likes`: whoever removes a post or
erases an account removes these.
"""

from sqlalchemy import Boolean, Column, Index, PrimaryKeyConstraint, Table, Text, and_

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

drafts = Table(
    "drafts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("author_id", Id, nullable=False),
    Column("content", Text, nullable=False),
    Column("image_url", Text),
    Column("visibility", Text, nullable=False),
    Column("reply_policy", Text, nullable=False),
    Column("sensitive", Boolean(create_constraint=False), nullable=False),
    Column("content_warning", Text),
    Column("language", Text),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("scheduled_at", Moment),
    Column("failure", Text),
    Column("media_ids", Text, nullable=False, server_default="[]"),  # JSON
)

# Few rows, looked at several times a minute.
is_planned = and_(drafts.c.scheduled_at.is_not(None), drafts.c.failure.is_(None))

Index("ix_drafts_author_id", drafts.c.author_id, drafts.c.id)
Index(
    "ix_drafts_scheduled_at", drafts.c.scheduled_at, drafts.c.id, postgresql_where=is_planned, sqlite_where=is_planned
)
