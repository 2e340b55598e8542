"""Requests to follow, blocks, mutes, muted words, how much a follower cares, and what is not on everybody's page.

Expands, but for one index that another replaces: processes of the last release walk followers by it, and sort them
until they are gone.
"""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id, Moment

revision = "0009"
down_revision = "0008"

_RESTRICTED = "ix_posts_restricted"
_FOLLOWERS = "ix_follows_followers"
_REPLACED = "ix_follows_followee_id"


def upgrade() -> None:
    is_postgres = op.get_context().dialect.name == "postgresql"
    priority = sa.Column("priority", sa.Integer, nullable=False, server_default="0")
    op.add_column("follows", priority, if_not_exists=is_postgres or None)
    if is_postgres:
        # Built while everybody goes on working; an interrupted build leaves an index that is not valid.
        with op.get_context().autocommit_block():
            op.execute("SET lock_timeout = 0")
            op.drop_index(_FOLLOWERS, "follows", if_exists=True, postgresql_concurrently=True)
            op.create_index(_FOLLOWERS, "follows", ["followee_id", "id"], postgresql_concurrently=True)
            op.drop_index(_REPLACED, "follows", if_exists=True, postgresql_concurrently=True)
            op.drop_index(_RESTRICTED, "posts", if_exists=True, postgresql_concurrently=True)
            _index_restricted(concurrently=True)
            op.execute("RESET lock_timeout")
    else:
        op.create_index(_FOLLOWERS, "follows", ["followee_id", "id"])
        op.drop_index(_REPLACED, "follows")
        _index_restricted(concurrently=False)
    _pairs("follow_requests", "requester_id", "target_id", sa.Column("id", Id, nullable=False))
    op.create_index("ix_follow_requests_target_id", "follow_requests", ["target_id", "id"])
    _pairs("blocks", "blocker_id", "blocked_id")
    op.create_index("ix_blocks_blocked_id", "blocks", ["blocked_id", "blocker_id"])
    _pairs("mutes", "muter_id", "muted_id", sa.Column("kinds", sa.Integer, nullable=False), sa.Column("until", Moment))
    op.create_table(
        "muted_words",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("phrase", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("until", Moment),
        sa.PrimaryKeyConstraint("user_id", "phrase", name="pk_muted_words"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in ("muted_words", "mutes", "blocks", "follow_requests"):
        op.drop_table(table)
    op.drop_index(_RESTRICTED, "posts")
    op.create_index(_REPLACED, "follows", ["followee_id", "follower_id"])
    op.drop_index(_FOLLOWERS, "follows")
    op.drop_column("follows", "priority")


def _index_restricted(*, concurrently: bool) -> None:
    where = sa.text("visibility IN ('followers', 'mentioned') AND deleted_at IS NULL")
    op.create_index(
        _RESTRICTED,
        "posts",
        ["author_id", "visibility"],
        postgresql_where=where,
        sqlite_where=where,
        postgresql_concurrently=concurrently,
    )


def _pairs(table: str, one: str, other: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        table,
        sa.Column(one, Id, nullable=False),
        sa.Column(other, Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint(one, other, name=f"pk_{table}"),
        sqlite_with_rowid=False,
    )
