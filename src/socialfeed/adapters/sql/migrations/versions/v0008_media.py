"""Media that people upload, and what each owner's count together. Expands only."""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id, Moment

revision = "0008"
down_revision = "0007"

_FREE = sa.text("post_id IS NULL AND removed_at IS NULL")
_LAGGING = sa.text("status <> 'ready' AND status <> 'failed' AND removed_at IS NULL")
_ATTACHED = sa.text("post_id IS NOT NULL")
_REMOVED = sa.text("removed_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "media",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("owner_id", Id, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("alt_text", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("duration_ms", sa.Integer),
        sa.Column("blurhash", sa.Text),
        sa.Column("renditions", sa.Text, nullable=False),
        sa.Column("failure", sa.Text),
        sa.Column("post_id", Id),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("removed_at", Moment),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
    )
    op.create_index("ix_media_owner_id", "media", ["owner_id", "id"])
    for name, columns, where in (
        ("ix_media_post_id", ["post_id", "position"], _ATTACHED),
        ("ix_media_free", ["created_at", "id"], _FREE),
        ("ix_media_lagging", ["status", "created_at"], _LAGGING),
        ("ix_media_removed", ["id"], _REMOVED),
    ):
        op.create_index(name, "media", columns, postgresql_where=where, sqlite_where=where)
    op.create_table(
        "media_usage",
        sa.Column("owner_id", Id, autoincrement=False, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("pending", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name="pk_media_usage"),
        postgresql_with={"fillfactor": 70},
    )


def downgrade() -> None:
    op.drop_table("media_usage")
    op.drop_table("media")
