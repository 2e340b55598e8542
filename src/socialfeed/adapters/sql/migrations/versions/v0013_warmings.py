"""Who may fill a timeline that is warming. Expands only."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("timelines", sa.Column("warming", sa.BigInteger))


def downgrade() -> None:
    op.drop_column("timelines", "warming")
