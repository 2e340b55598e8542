"""Public posts by the language they are written in, newest first. Expands only."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_PUBLIC = "visibility = 'public' AND deleted_at IS NULL"
_INDEXES = (
    ("ix_posts_language", "rtrim(substr(language, 1, 3), '-')", f"{_PUBLIC} AND language IS NOT NULL"),
    ("ix_posts_locale", "language", f"{_PUBLIC} AND length(language) > 3"),
)


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        # Built while everybody goes on working; an interrupted build leaves an index that is not valid.
        with op.get_context().autocommit_block():
            op.execute("SET lock_timeout = 0")
            for name, _, _ in _INDEXES:
                op.drop_index(name, "posts", if_exists=True, postgresql_concurrently=True)
            _index(concurrently=True)
            op.execute("RESET lock_timeout")
    else:
        _index(concurrently=False)


def downgrade() -> None:
    for name, _, _ in _INDEXES:
        op.drop_index(name, "posts")


def _index(*, concurrently: bool) -> None:
    for name, group, where in _INDEXES:
        op.create_index(
            name,
            "posts",
            [sa.text(group), "id"],
            postgresql_where=sa.text(where),
            sqlite_where=sa.text(where),
            postgresql_concurrently=concurrently,
        )
