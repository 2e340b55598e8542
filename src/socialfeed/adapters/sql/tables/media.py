"""Media, and what each owner's count together."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, and_, literal_column

from socialfeed.adapters.sql.columns import Id, Moment
from socialfeed.adapters.sql.tables.base import metadata

media = Table(
    "media",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("owner_id", Id, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("alt_text", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("duration_ms", Integer),
    Column("blurhash", Text),
    Column("renditions", Text, nullable=False),  # JSON: [[width, height], …]
    Column("failure", Text),
    Column("post_id", Id),
    Column("position", Integer, nullable=False),
    Column("removed_at", Moment),
    Column("draft_id", Id),
)

is_removed = media.c.removed_at.is_not(None)
is_attached = media.c.post_id.is_not(None)
is_held = media.c.draft_id.is_not(None)
is_free = and_(media.c.post_id.is_(None), media.c.removed_at.is_(None))
is_orphaned = and_(is_free, media.c.draft_id.is_(None))
is_lagging = and_(
    media.c.status != literal_column("'ready'"),
    media.c.status != literal_column("'failed'"),
    media.c.removed_at.is_(None),
)

Index("ix_media_owner_id", media.c.owner_id, media.c.id)
Index("ix_media_post_id", media.c.post_id, media.c.position, postgresql_where=is_attached, sqlite_where=is_attached)
Index("ix_media_draft_id", media.c.draft_id, postgresql_where=is_held, sqlite_where=is_held)
# For the processes of the last release, which know of no drafts with media; to be dropped with the next one.
Index("ix_media_free", media.c.created_at, media.c.id, postgresql_where=is_free, sqlite_where=is_free)
# Few rows each: what upkeep looks for.
Index("ix_media_orphaned", media.c.created_at, media.c.id, postgresql_where=is_orphaned, sqlite_where=is_orphaned)
Index("ix_media_lagging", media.c.status, media.c.created_at, postgresql_where=is_lagging, sqlite_where=is_lagging)
Index("ix_media_removed", media.c.id, postgresql_where=is_removed, sqlite_where=is_removed)

media_usage = Table(
    "media_usage",
    metadata,
    Column("owner_id", Id, primary_key=True, autoincrement=False),
    Column("bytes", BigInteger, nullable=False),
    Column("pending", Integer, nullable=False),
    postgresql_with={"fillfactor": 70},
)
