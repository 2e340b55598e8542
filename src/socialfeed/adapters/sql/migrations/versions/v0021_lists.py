"""Lists of accounts, and who is on them. Expands only."""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id, Moment

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "lists",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("owner_id", Id, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lists"),
    )
    op.create_index("ix_lists_owner_id", "lists", ["owner_id", "id"])
    op.create_table(
        "list_members",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("list_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "list_id", name="pk_list_members"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_list_members_list_id", "list_members", ["list_id", "id"])


def downgrade() -> None:
    op.drop_table("list_members")
    op.drop_table("lists")
