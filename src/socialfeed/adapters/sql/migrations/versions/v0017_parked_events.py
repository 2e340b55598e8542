"""Events that failed too often are parked. Expands only."""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Moment

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("parked_at", Moment))


def downgrade() -> None:
    op.drop_column("outbox", "parked_at")
