"""Drafts, and posts that are planned. Expands only."""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id, Moment

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("author_id", Id, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("image_url", sa.Text),
        sa.Column("visibility", sa.Text, nullable=False),
        sa.Column("reply_policy", sa.Text, nullable=False),
        sa.Column("sensitive", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("content_warning", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("scheduled_at", Moment),
        sa.Column("failure", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
    )
    op.create_index("ix_drafts_author_id", "drafts", ["author_id", "id"])
    where = sa.text("scheduled_at IS NOT NULL AND failure IS NULL")
    op.create_index(
        "ix_drafts_scheduled_at", "drafts", ["scheduled_at", "id"], postgresql_where=where, sqlite_where=where
    )


def downgrade() -> None:
    op.drop_table("drafts")
