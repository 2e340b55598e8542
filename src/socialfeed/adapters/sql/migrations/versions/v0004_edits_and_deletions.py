"""Posts and comments that are edited and deleted, and what posts said before. Expands only."""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id, Moment

revision = "0004"
down_revision = "0003"

_DELETED = "ix_posts_deleted_at"


def upgrade() -> None:
    is_postgres = op.get_context().dialect.name == "postgresql"
    for table in ("posts", "comments"):
        for column in ("edited_at", "deleted_at"):
            op.add_column(table, sa.Column(column, Moment), if_not_exists=is_postgres or None)
    op.add_column("posts", sa.Column("deleted_by", Id), if_not_exists=is_postgres or None)
    if is_postgres:
        # Built while everybody goes on working; an interrupted build leaves an index that is not valid.
        with op.get_context().autocommit_block():
            op.execute("SET lock_timeout = 0")
            op.drop_index(_DELETED, "posts", if_exists=True, postgresql_concurrently=True)
            _index_deleted(concurrently=True)
            op.execute("RESET lock_timeout")
    else:
        _index_deleted(concurrently=False)
    op.create_table(
        "post_edits",
        sa.Column("post_id", Id, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("image_url", sa.Text),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("post_id", "number", name="pk_post_edits"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_post_edits_post_id", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("post_edits")
    op.drop_index(_DELETED, "posts")
    op.drop_column("posts", "deleted_by")
    for table in ("comments", "posts"):
        for column in ("deleted_at", "edited_at"):
            op.drop_column(table, column)


def _index_deleted(*, concurrently: bool) -> None:
    where = sa.text("deleted_at IS NOT NULL")
    op.create_index(
        _DELETED,
        "posts",
        ["deleted_at", "id"],
        postgresql_where=where,
        sqlite_where=where,
        postgresql_concurrently=concurrently,
    )
