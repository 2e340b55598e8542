"""Likes of comments with the rows that count them, and comments that are hidden. Expands only."""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id, Moment

revision = "0007"
down_revision = "0006"

_AT_ONCE = 5_000
"""Comments whose rows are counted in one transaction: deleting one of them waits that long, and no longer."""

# An id is made of milliseconds since 2024; what nobody likes yet is as hot as it is new.
_ROW = "INSERT INTO comment_counters VALUES (NEW.id, NEW.parent_id, 0, (NEW.id >> 22) + 1704067200000)"
_ON_POSTGRES = (
    "CREATE OR REPLACE FUNCTION count_comment() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN {_ROW} ON CONFLICT DO NOTHING; RETURN NULL; END $$",
    "CREATE OR REPLACE TRIGGER comments_are_counted AFTER INSERT ON comments"
    " FOR EACH ROW EXECUTE FUNCTION count_comment()",
)
_ON_SQLITE = (f"CREATE TRIGGER comments_are_counted AFTER INSERT ON comments BEGIN {_ROW}; END",)


def upgrade() -> None:
    is_postgres = op.get_context().dialect.name == "postgresql"
    for column in (sa.Column("hidden_at", Moment), sa.Column("hidden_by", Id)):
        op.add_column("comments", column, if_not_exists=is_postgres or None)
    _create_tables(if_not_exists=is_postgres)
    for statement in _ON_POSTGRES if is_postgres else _ON_SQLITE:
        op.execute(statement)
    if is_postgres:
        # What is above locks the table of comments, so it is committed before they are gone through.
        with op.get_context().autocommit_block():
            _count_comments()
    else:
        _count_comments()


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP TRIGGER comments_are_counted ON comments")
        op.execute("DROP FUNCTION count_comment()")
    else:
        op.execute("DROP TRIGGER comments_are_counted")
    op.drop_table("comment_likes")
    op.drop_table("comment_counters")
    op.drop_column("comments", "hidden_by")
    op.drop_column("comments", "hidden_at")


def _create_tables(*, if_not_exists: bool) -> None:
    op.create_table(
        "comment_counters",
        sa.Column("comment_id", Id, nullable=False, autoincrement=False),
        sa.Column("parent_id", Id, nullable=False),
        sa.Column("likes", sa.Integer, nullable=False),
        sa.Column("hot", Id, nullable=False),
        sa.PrimaryKeyConstraint("comment_id", name="pk_comment_counters"),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name="fk_comment_counters_comment_id", ondelete="CASCADE"
        ),
        postgresql_with={"fillfactor": 70},
        if_not_exists=if_not_exists,
    )
    for score in ("likes", "hot"):
        op.create_index(
            f"ix_comment_counters_{score}",
            "comment_counters",
            ["parent_id", score, "comment_id"],
            if_not_exists=if_not_exists,
        )
    op.create_table(
        "comment_likes",
        sa.Column("comment_id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("comment_id", "user_id", name="pk_comment_likes"),
        sqlite_with_rowid=False,
        if_not_exists=if_not_exists,
    )


def _count_comments() -> None:
    """Rows for the comments that were written before the trigger was there."""
    last_of_batch = sa.text(
        "SELECT max(id) FROM (SELECT id FROM comments WHERE id > :after ORDER BY id LIMIT :most) AS batch"
    )
    count_batch = sa.text(
        "INSERT INTO comment_counters SELECT id, parent_id, 0, (id >> 22) + 1704067200000 FROM comments"
        " WHERE id > :after AND id <= :last ON CONFLICT DO NOTHING"
    )
    connection, after = op.get_bind(), 0
    while (last := connection.scalar(last_of_batch, {"after": after, "most": _AT_ONCE})) is not None:
        connection.execute(count_batch, {"after": after, "last": last})
        after = last
