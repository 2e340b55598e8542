"""The search index, empty: `socialfeed search rebuild` fills it. Expands only."""

import sqlalchemy as sa
from alembic import op
from psycopg import errors
from sqlalchemy.dialects.postgresql import TSVECTOR

from socialfeed.adapters.sql.columns import Id
from socialfeed.domain.errors import Unavailable

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    is_postgres = op.get_context().dialect.name == "postgresql"
    if is_postgres:
        _need_trigrams()
    op.create_table(
        "post_search",
        sa.Column("post_id", Id, nullable=False, autoincrement=False),
        sa.Column("author_id", Id, nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("post_id", name="pk_post_search"),
    )
    op.create_index("ix_post_search_author_id", "post_search", ["author_id"])
    op.create_table(
        "user_search",
        sa.Column("user_id", Id, nullable=False, autoincrement=False),
        sa.Column("names", sa.Text, nullable=False),
        sa.Column("has_posts", sa.Boolean(create_constraint=False), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_user_search"),
    )
    for statement in _POSTGRES if is_postgres else _SQLITE:
        op.execute(sa.text(statement))


def downgrade() -> None:
    """The extension stays: others may use it."""
    if op.get_context().dialect.name == "sqlite":
        op.execute(sa.text("DROP TABLE post_words"))
        op.execute(sa.text("DROP TABLE user_trigrams"))
    op.drop_table("user_search")
    op.drop_table("post_search")


_POSTGRES = (
    # Readers find a new post at once, without a list of pending ones that the unlucky one would have to clean up.
    "CREATE INDEX ix_post_search_words ON post_search USING gin (words) WITH (fastupdate = off)",
    "CREATE INDEX ix_user_search_names ON user_search USING gin (names gin_trgm_ops)",
)

# The words come to FTS5 as we made them: for `ascii` everything beyond ASCII is a letter.
_SQLITE = (
    "CREATE VIRTUAL TABLE post_words USING fts5"
    " (words, content = 'post_search', content_rowid = 'post_id', tokenize = 'ascii')",
    "CREATE VIRTUAL TABLE user_trigrams USING fts5 (trigrams, tokenize = 'ascii')",
    "CREATE TRIGGER post_search_added AFTER INSERT ON post_search BEGIN"
    " INSERT INTO post_words (rowid, words) VALUES (new.post_id, new.words); END",
    "CREATE TRIGGER post_search_removed AFTER DELETE ON post_search BEGIN"
    " INSERT INTO post_words (post_words, rowid, words) VALUES ('delete', old.post_id, old.words); END",
    "CREATE TRIGGER post_search_changed AFTER UPDATE ON post_search BEGIN"
    " INSERT INTO post_words (post_words, rowid, words) VALUES ('delete', old.post_id, old.words);"
    " INSERT INTO post_words (rowid, words) VALUES (new.post_id, new.words); END",
)


def _need_trigrams() -> None:
    """Any owner of a database may install pg_trgm, where the server has it."""
    try:
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except sa.exc.DBAPIError as error:
        match error.orig:
            case errors.FeatureNotSupported() | errors.UndefinedFile():
                reason = "the server has no extension pg_trgm; it comes with PostgreSQL's contrib modules"
            case errors.InsufficientPrivilege():
                reason = "this role may not install pg_trgm; let the owner run CREATE EXTENSION pg_trgm"
            case _:
                raise
        raise Unavailable(f"Search by name cannot be set up: {reason}.") from error
