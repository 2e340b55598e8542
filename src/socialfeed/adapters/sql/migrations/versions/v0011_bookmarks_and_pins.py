"""Bookmarks and pinned posts. Expands only."""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id, Moment

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "bookmarks",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("post_id", "user_id", name="pk_bookmarks"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_bookmarks_user_id", "bookmarks", ["user_id", "id"])
    op.create_index("ix_bookmarks_folder", "bookmarks", ["folder", "user_id", "id"])
    op.create_table(
        "pins",
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_pins"),
    )
    op.create_index("ix_pins_post_id", "pins", ["post_id"])


def downgrade() -> None:
    op.drop_table("pins")
    op.drop_table("bookmarks")
