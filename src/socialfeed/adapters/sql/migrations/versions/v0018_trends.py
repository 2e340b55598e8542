"""What trends, for two windows, languages and tags, with who made it trend. Expands only: processes of the last release
go on with `trending_scores`.
"""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id, Moment

revision = "0018"
down_revision = "0017"

_WINDOWS = ("now", "today")


def upgrade() -> None:
    op.create_table(
        "trending_posts",
        sa.Column("post_id", Id, autoincrement=False, nullable=False),
        sa.Column("touched_at", Moment, nullable=False),
        sa.Column("actors", sa.Integer, nullable=False, server_default="0"),
        *(column for window in _WINDOWS for column in _columns(window)),
        sa.PrimaryKeyConstraint("post_id", name="pk_trending_posts"),
    )
    op.create_index("ix_trending_posts_touched_at", "trending_posts", ["touched_at"])
    for window in _WINDOWS:
        ranked = sa.text(f"{window}_rank IS NOT NULL")
        op.create_index(
            f"ix_trending_posts_{window}",
            "trending_posts",
            [f"{window}_rank", "post_id"],
            postgresql_where=ranked,
            sqlite_where=ranked,
        )
    op.create_table(
        "trending_scopes",
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("post_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("scope", "post_id", name="pk_trending_scopes"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_trending_scopes_post_id", "trending_scopes", ["post_id"])
    op.create_table(
        "trending_standings",
        sa.Column("post_id", Id, nullable=False),
        sa.Column("actor_id", Id, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("post_id", "actor_id", name="pk_trending_standings"),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "trending_hours",
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("actor_id", Id, nullable=False),
        sa.Column("reactions", sa.Integer, nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.PrimaryKeyConstraint("hour", "actor_id", name="pk_trending_hours"),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_trending_hours_since", "trending_hours", ["since"])


def downgrade() -> None:
    for table in ("trending_hours", "trending_standings", "trending_scopes", "trending_posts"):
        op.drop_table(table)


def _columns(window: str) -> list[sa.Column[int | float]]:
    return [
        sa.Column(f"{window}_epoch", sa.Integer, nullable=False, server_default="0"),
        sa.Column(f"{window}_total", sa.Float(53), nullable=False, server_default="0"),
        sa.Column(f"{window}_peak", sa.Float(53), nullable=False, server_default="0"),
        sa.Column(f"{window}_rank", sa.Float(53)),
    ]
