"""Home feeds hold shares: what somebody shared last, and what a share is of, are found by indexes. Expands only."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_index("ix_shares_by_user", "shares", ["user_id", "id"])
    op.create_index("ix_shares_id", "shares", ["id"])


def downgrade() -> None:
    op.drop_index("ix_shares_id", "shares")
    op.drop_index("ix_shares_by_user", "shares")
