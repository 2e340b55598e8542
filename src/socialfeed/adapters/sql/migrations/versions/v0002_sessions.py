"""Sessions, revocations, and one-time codes by purpose.

Expands only: the table `codes` stays for the processes of the last release, which know no purposes, and is dropped by
a migration of the next release. Its rows are not copied: they live for ten minutes, and their hashes are not bound to
a purpose, so nothing would match them. Who holds such a code asks for another.
"""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id, Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "one_time_codes",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("code_hash", sa.Text, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "purpose", name="pk_one_time_codes"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_one_time_codes_user_id", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sessions",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("used_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id", ondelete="CASCADE"),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "revocations",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revocations"),
    )
    op.create_index("ix_revocations_at", "revocations", ["at"])


def downgrade() -> None:
    for table in ("revocations", "sessions", "one_time_codes"):
        op.drop_table(table)
