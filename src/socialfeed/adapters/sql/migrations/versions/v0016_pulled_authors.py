"""Authors whose posts are pulled when feeds are read. Expands only."""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "pulled_authors",
        sa.Column("author_id", Id, autoincrement=False, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("author_id", name="pk_pulled_authors"),
    )


def downgrade() -> None:
    op.drop_table("pulled_authors")
