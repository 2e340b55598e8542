"""Posts, comments and reactions."""

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    false,
    func,
    literal_column,
)

from socialfeed.adapters.sql.columns import Id, Moment
from socialfeed.adapters.sql.tables.accounts import users
from socialfeed.adapters.sql.tables.base import metadata

_RESTRICTED: list[ColumnElement[str]] = [literal_column("'followers'"), literal_column("'mentioned'")]

posts = Table(
    "posts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("author_id", Id, ForeignKey(users.c.id), nullable=False),
    Column("content", Text, nullable=False),
    Column("image_url", Text),
    Column("created_at", Moment, nullable=False),
    Column("edited_at", Moment),
    Column("deleted_at", Moment),
    Column("deleted_by", Id),
    Column("visibility", Text, nullable=False, server_default="public"),
    Column("reply_policy", Text, nullable=False, server_default="everyone"),
    Column("sensitive", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("content_warning", Text),
    Column("language", Text),
    # Both are JSON arrays; `post_tags` has the tags once more, to be found by.
    Column("tags", Text, nullable=False, server_default="[]"),
    Column("mentions", Text, nullable=False, server_default="[]"),
    Column("quote_of", Id),
    Column("locked_at", Moment),
)

is_deleted = posts.c.deleted_at.is_not(None)

Index("ix_posts_author_id", posts.c.author_id, posts.c.id)
Index("ix_posts_deleted_at", posts.c.deleted_at, posts.c.id, postgresql_where=is_deleted, sqlite_where=is_deleted)

is_quote = posts.c.quote_of.is_not(None)

Index("ix_posts_quote_of", posts.c.quote_of, posts.c.id, postgresql_where=is_quote, sqlite_where=is_quote)

# What does not stand on its author's page for everybody.
is_restricted = and_(posts.c.visibility.in_(_RESTRICTED), posts.c.deleted_at.is_(None))

Index(
    "ix_posts_restricted",
    posts.c.author_id,
    posts.c.visibility,
    postgresql_where=is_restricted,
    sqlite_where=is_restricted,
)

# What stands in public feeds. Languages are found by the language alone, whatever script and region follow it, and, if
# something does follow, by the whole; a language alone is two or three letters long.
is_public = and_(posts.c.visibility == literal_column("'public'"), posts.c.deleted_at.is_(None))
spoken_in: ColumnElement[str] = func.rtrim(
    func.substr(posts.c.language, literal_column("1"), literal_column("3")), literal_column("'-'")
)
is_regional = func.length(posts.c.language) > literal_column("3")

_is_in_language = and_(is_public, posts.c.language.is_not(None))
_is_in_locale = and_(is_public, is_regional)

Index("ix_posts_language", spoken_in, posts.c.id, postgresql_where=_is_in_language, sqlite_where=_is_in_language)
Index("ix_posts_locale", posts.c.language, posts.c.id, postgresql_where=_is_in_locale, sqlite_where=_is_in_locale)

post_tags = Table(
    "post_tags",
    metadata,
    Column("tag", Text, nullable=False),
    Column("post_id", Id, ForeignKey(posts.c.id, ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("tag", "post_id"),
    sqlite_with_rowid=False,
)

Index("ix_post_tags_post_id", post_tags.c.post_id)

# What posts said before they were edited.
post_edits = Table(
    "post_edits",
    metadata,
    Column("post_id", Id, ForeignKey(posts.c.id, ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("image_url", Text),
    Column("at", Moment, nullable=False),
    Column("content_warning", Text),
    PrimaryKeyConstraint("post_id", "number"),
    sqlite_with_rowid=False,
)

post_counters = Table(
    "post_counters",
    metadata,
    Column("post_id", Id, ForeignKey(posts.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("likes", Integer, nullable=False),
    Column("comments", Integer, nullable=False),
    Column("shares", Integer, nullable=False),
    Column("version", Id, nullable=False),
    postgresql_with={"fillfactor": 70},
)

# What was counted while other transactions had the row in `post_counters`, on Postgres alone: see decision 17. No
# foreign key, which would lock that row. Few rows that change all the time: a page has room for many versions of each.
counter_deltas = Table(
    "counter_deltas",
    metadata,
    Column("post_id", Id, nullable=False),
    Column("id", Id, Identity(), nullable=False),
    Column("likes", Integer, nullable=False),
    Column("comments", Integer, nullable=False),
    Column("shares", Integer, nullable=False),
    Column("changes", Integer, nullable=False),
    PrimaryKeyConstraint("post_id", "id"),
    postgresql_with={"fillfactor": 10},
)

comments = Table(
    "comments",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("post_id", Id, nullable=False),
    Column("author_id", Id, nullable=False),
    # What it answers: a comment, or the post itself. Ids carry their kind, so one index serves every level.
    Column("parent_id", Id, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("edited_at", Moment),
    Column("deleted_at", Moment),
    Column("hidden_at", Moment),
    Column("hidden_by", Id),
)

Index("ix_comments_parent_id", comments.c.parent_id, comments.c.id)
Index("ix_comments_author_id", comments.c.author_id, comments.c.id)

# A trigger makes a row with each comment: processes of the last release, which know nothing of it, make them, too.
comment_counters = Table(
    "comment_counters",
    metadata,
    Column("comment_id", Id, ForeignKey(comments.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("parent_id", Id, nullable=False),
    # -1: of a tombstone, which takes no likes and comes last.
    Column("likes", Integer, nullable=False),
    Column("hot", Id, nullable=False),  # See `domain.ranking.hot`.
    postgresql_with={"fillfactor": 70},
)

Index(
    "ix_comment_counters_likes",
    comment_counters.c.parent_id,
    comment_counters.c.likes,
    comment_counters.c.comment_id,
)
Index("ix_comment_counters_hot", comment_counters.c.parent_id, comment_counters.c.hot, comment_counters.c.comment_id)

comment_likes = Table(
    "comment_likes",
    metadata,
    Column("comment_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
    PrimaryKeyConstraint("comment_id", "user_id"),
    sqlite_with_rowid=False,
)


def _reactions(name: str) -> Table:
    table = Table(
        name,
        metadata,
        Column("post_id", Id, nullable=False),
        Column("user_id", Id, nullable=False),
        Column("id", Id, nullable=False),
        Column("created_at", Moment, nullable=False),
        PrimaryKeyConstraint("post_id", "user_id"),
        sqlite_with_rowid=False,
    )
    Index(f"ix_{name}_user_id", table.c.user_id, table.c.post_id)
    return table


likes = _reactions("likes")
shares = _reactions("shares")

# Home feeds find what somebody shared, newest first, and what a share in a timeline is of.
Index("ix_shares_by_user", shares.c.user_id, shares.c.id)
Index("ix_shares_id", shares.c.id)
