"""What the search index is made of. It refers to nothing: jobs keep it, and it may be built anew.

Each database has more of its own, made by migrations and named in `IN_ONE_DATABASE_ONLY`: Postgres the indexes on words
and on names, SQLite the tables of FTS5.
"""

from sqlalchemy import Boolean, Column, Index, Table, Text
from sqlalchemy.dialects.postgresql import TSVECTOR

from socialfeed.adapters.sql.columns import Id
from socialfeed.adapters.sql.tables.base import metadata

post_search = Table(
    "post_search",
    metadata,
    Column("post_id", Id, primary_key=True, autoincrement=False),
    Column("author_id", Id, nullable=False),
    # On SQLite the words in their order, then the labels, with blanks between.
    Column("words", Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
)

Index("ix_post_search_author_id", post_search.c.author_id)

user_search = Table(
    "user_search",
    metadata,
    Column("user_id", Id, primary_key=True, autoincrement=False),
    Column("names", Text, nullable=False),  # Words with blanks between.
    Column("has_posts", Boolean(create_constraint=False), nullable=False),
)

POST_WORDS, USER_TRIGRAMS = "post_words", "user_trigrams"
"""The tables of FTS5."""

WORDS_INDEX, NAMES_INDEX = "ix_post_search_words", "ix_user_search_names"

IN_ONE_DATABASE_ONLY = frozenset(
    {
        WORDS_INDEX,
        NAMES_INDEX,
        *(
            f"{table}{part}"
            for table in (POST_WORDS, USER_TRIGRAMS)
            for part in ("", "_data", "_idx", "_content", "_docsize", "_config")
        ),
    }
)
