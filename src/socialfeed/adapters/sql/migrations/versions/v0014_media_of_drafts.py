"""Media that drafts hold. Expands only."""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id

revision = "0014"
down_revision = "0013"

_INDEXES = (
    ("ix_media_draft_id", ["draft_id"], sa.text("draft_id IS NOT NULL")),
    (
        "ix_media_orphaned",
        ["created_at", "id"],
        sa.text("post_id IS NULL AND removed_at IS NULL AND draft_id IS NULL"),
    ),
)


def upgrade() -> None:
    is_postgres = op.get_context().dialect.name == "postgresql"
    op.add_column("media", sa.Column("draft_id", Id), if_not_exists=is_postgres or None)
    media_ids = sa.Column("media_ids", sa.Text, nullable=False, server_default="[]")
    op.add_column("drafts", media_ids, if_not_exists=is_postgres or None)
    if is_postgres:
        # Built while everybody goes on working; an interrupted build leaves an index that is not valid.
        with op.get_context().autocommit_block():
            op.execute("SET lock_timeout = 0")
            for name, _, _ in _INDEXES:
                op.drop_index(name, "media", if_exists=True, postgresql_concurrently=True)
            _index(concurrently=True)
            op.execute("RESET lock_timeout")
    else:
        _index(concurrently=False)


def downgrade() -> None:
    for name, _, _ in _INDEXES:
        op.drop_index(name, "media")
    op.drop_column("drafts", "media_ids")
    op.drop_column("media", "draft_id")


def _index(*, concurrently: bool) -> None:
    for name, columns, where in _INDEXES:
        op.create_index(
            name,
            "media",
            columns,
            postgresql_where=where,
            sqlite_where=where,
            postgresql_concurrently=concurrently,
        )
