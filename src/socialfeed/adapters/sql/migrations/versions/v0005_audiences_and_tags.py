"""Who sees a post and who may answer it, its tags, mentions, warning and language. Expands only."""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id, Moment

revision = "0005"
down_revision = "0004"

_QUOTES = "ix_posts_quote_of"


def _columns() -> list[sa.Column[object]]:
    """Defaults are what posts of the last release mean; Postgres adds them without writing a row."""
    return [
        sa.Column("visibility", sa.Text, nullable=False, server_default="public"),
        sa.Column("reply_policy", sa.Text, nullable=False, server_default="everyone"),
        sa.Column("sensitive", sa.Boolean(create_constraint=False), nullable=False, server_default=sa.false()),
        sa.Column("content_warning", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("tags", sa.Text, nullable=False, server_default="[]"),
        sa.Column("mentions", sa.Text, nullable=False, server_default="[]"),
        sa.Column("quote_of", Id),
        sa.Column("locked_at", Moment),
    ]


def upgrade() -> None:
    is_postgres = op.get_context().dialect.name == "postgresql"
    for column in _columns():
        op.add_column("posts", column, if_not_exists=is_postgres or None)
    if is_postgres:
        # Built while everybody goes on working; an interrupted build leaves an index that is not valid.
        with op.get_context().autocommit_block():
            op.execute("SET lock_timeout = 0")
            op.drop_index(_QUOTES, "posts", if_exists=True, postgresql_concurrently=True)
            _index_quotes(concurrently=True)
            op.execute("RESET lock_timeout")
    else:
        _index_quotes(concurrently=False)
    op.create_table(
        "post_tags",
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("tag", "post_id", name="pk_post_tags"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_post_tags_post_id", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_post_tags_post_id", "post_tags", ["post_id"])


def downgrade() -> None:
    op.drop_table("post_tags")
    op.drop_index(_QUOTES, "posts")
    for column in reversed(_columns()):
        op.drop_column("posts", column.name)


def _index_quotes(*, concurrently: bool) -> None:
    where = sa.text("quote_of IS NOT NULL")
    op.create_index(
        _QUOTES,
        "posts",
        ["quote_of", "id"],
        postgresql_where=where,
        sqlite_where=where,
        postgresql_concurrently=concurrently,
    )
