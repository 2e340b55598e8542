"""Accounts, posts, comments, reactions, follows, messages, node numbers, timelines and trending.

A migration is history: it names types and tables itself and imports nothing that may change later.
"""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id, Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    _accounts()
    _posts()
    for name in ("likes", "shares"):
        _reactions(name)
    _follows()
    _messages()
    _feeds()


def downgrade() -> None:
    for table in (
        "trending_scores",
        "timeline_entries",
        "timelines",
        "id_nodes",
        "inbox",
        "outbox",
        "follows",
        "shares",
        "likes",
        "comments",
        "post_counters",
        "posts",
        "codes",
        "user_counters",
        "users",
    ):
        op.drop_table(table)


def _accounts() -> None:
    op.create_table(
        "users",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("username_key", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("first_name", sa.Text, nullable=False),
        sa.Column("last_name", sa.Text, nullable=False),
        sa.Column("bio", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("username_key", name="uq_users_username_key"),
    )
    op.create_index("ix_users_email", "users", ["email"])
    active = sa.text("status = 'active'")
    op.create_index(
        "uq_users_active_email", "users", ["email"], unique=True, postgresql_where=active, sqlite_where=active
    )
    op.create_table(
        "user_counters",
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("posts", sa.Integer, nullable=False),
        sa.Column("followers", sa.Integer, nullable=False),
        sa.Column("following", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_user_counters"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_counters_user_id", ondelete="CASCADE"),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "codes",
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("code_hash", sa.Text, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_codes"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_codes_user_id", ondelete="CASCADE"),
    )


def _posts() -> None:
    op.create_table(
        "posts",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("author_id", Id, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("image_url", sa.Text),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_posts_author_id"),
    )
    op.create_index("ix_posts_author_id", "posts", ["author_id", "id"])
    op.create_table(
        "post_counters",
        sa.Column("post_id", Id, autoincrement=False, nullable=False),
        sa.Column("likes", sa.Integer, nullable=False),
        sa.Column("comments", sa.Integer, nullable=False),
        sa.Column("shares", sa.Integer, nullable=False),
        sa.Column("version", Id, nullable=False),
        sa.PrimaryKeyConstraint("post_id", name="pk_post_counters"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_post_counters_post_id", ondelete="CASCADE"),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "comments",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.Column("author_id", Id, nullable=False),
        sa.Column("parent_id", Id, nullable=False),
        sa.Column("depth", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
    op.create_index("ix_comments_parent_id", "comments", ["parent_id", "id"])


def _reactions(name: str) -> None:
    op.create_table(
        name,
        sa.Column("post_id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("post_id", "user_id", name=f"pk_{name}"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_user_id", name, ["user_id", "post_id"])


def _follows() -> None:
    op.create_table(
        "follows",
        sa.Column("follower_id", Id, nullable=False),
        sa.Column("followee_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("follower_id", "followee_id", name="pk_follows"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_follows_followee_id", "follows", ["followee_id", "follower_id"])


def _messages() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("retry_at", Moment),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", Id, nullable=False),
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "consumer", name="pk_inbox"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_inbox_at", "inbox", ["at"])
    op.create_table(
        "id_nodes",
        sa.Column("node", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("until", Moment, nullable=False),
        sa.PrimaryKeyConstraint("node", name="pk_id_nodes"),
    )


def _feeds() -> None:
    op.create_table(
        "timelines",
        sa.Column("owner_id", Id, autoincrement=False, nullable=False),
        sa.Column("warming_until", Moment),
        sa.Column("floor_id", Id),
        sa.Column("read_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name="pk_timelines"),
    )
    op.create_index("ix_timelines_read_at", "timelines", ["read_at"])
    op.create_table(
        "timeline_entries",
        sa.Column("owner_id", Id, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.Column("author_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "post_id", name="pk_timeline_entries"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trending_scores",
        sa.Column("post_id", Id, autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("score", sa.Float(53), nullable=False),
        sa.Column("weight", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("post_id", name="pk_trending_scores"),
    )
