"""The tables, as the newest migration leaves them.

Rows that change with every reaction are apart from the rows that they count for: a like never rewrites, locks or
bloats a post. That row of counters is also what proves that the post (or the user) exists, so likes, shares,
comments and follows carry no foreign keys: the check would take a shared lock on the hottest rows there are.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    false,
    literal_column,
)

from socialfeed.adapters.sql.columns import Id, Moment

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("username", Text, nullable=False),
    Column("username_key", Text, nullable=False, unique=True),  # In lower case: names differ by more than case.
    Column("email", Text, nullable=False, index=True),
    Column("password_hash", Text, nullable=False),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("bio", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("status", Text, nullable=False),
    Column("roles", Text, nullable=False),  # Names, sorted and joined by commas.
    Column("avatar_url", Text),
    # Processes of the last release know neither of the two that have defaults.
    Column("is_private", Boolean, nullable=False, server_default=false()),
    Column("locale", Text, nullable=False, server_default="en"),
    Column("new_email", Text),
    Column("erase_at", Moment),
)

# Literals, not parameters: a plan made for any value could not use the partial indexes.
is_proven = users.c.status != literal_column("'unverified'")
is_to_be_erased = users.c.erase_at.is_not(None)

# Most accounts are active and have the one role of everybody. Looking for others does not walk through those.
is_not_active = users.c.status != literal_column("'active'")
has_special_roles = and_(users.c.roles != literal_column("'user'"), users.c.roles != literal_column("''"))

Index("uq_users_proven_email", users.c.email, unique=True, postgresql_where=is_proven, sqlite_where=is_proven)
Index("ix_users_erase_at", users.c.erase_at, users.c.id, postgresql_where=is_to_be_erased, sqlite_where=is_to_be_erased)
Index("ix_users_status", users.c.status, users.c.id, postgresql_where=is_not_active, sqlite_where=is_not_active)
Index("ix_users_special_roles", users.c.id, postgresql_where=has_special_roles, sqlite_where=has_special_roles)

user_counters = Table(
    "user_counters",
    metadata,
    Column("user_id", Id, ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("posts", Integer, nullable=False),
    Column("followers", Integer, nullable=False),
    Column("following", Integer, nullable=False),
    # Room on each page for the next version of a row: updates then leave the index alone.
    postgresql_with={"fillfactor": 70},
)

codes = Table(
    "one_time_codes",
    metadata,
    Column("user_id", Id, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("id", Id, nullable=False),
    Column("code_hash", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    PrimaryKeyConstraint("user_id", "purpose"),
    sqlite_with_rowid=False,
)

# No statement uses it: processes of the last release still do while those of this one start. The next release drops it.
codes_of_last_release = Table(
    "codes",
    metadata,
    Column("user_id", Id, ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("id", Id, nullable=False),
    Column("code_hash", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("user_id", Id, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("token_hash", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("address", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    # Each refresh rewrites the row, and touches no index.
    postgresql_with={"fillfactor": 70},
)

# What became of the user does not matter here, so there is no foreign key.
revocations = Table(
    "revocations",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),  # Of the event.
    Column("user_id", Id, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)

roles = Table(
    "roles",
    metadata,
    Column("name", Text, primary_key=True),
    Column("permissions", Text, nullable=False),  # Sorted and joined by commas.
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

grants = Table(
    "grants",
    metadata,
    Column("user_id", Id, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False),
    Column("permission", Text, nullable=False),
    Column("granted_at", Moment, nullable=False),
    Column("expires_at", Moment),  # NULL: for good
    PrimaryKeyConstraint("user_id", "permission"),
    sqlite_with_rowid=False,
)

# Append-only, by triggers. Entries outlive what they are about, so nothing refers to it. On Postgres there is a
# partition for each month: see `partitions`.
activity = Table(
    "activity",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("actor_id", Id, nullable=False),
    Column("position", Id, nullable=False),
    Column("action", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("object_id", Id),
    Column("address", Text, nullable=False),
    Column("details", Text, nullable=False),  # JSON
    Column("count", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    postgresql_partition_by="RANGE (id)",
)

has_object = activity.c.object_id.is_not(None)
# True of every entry, but only who walks chains says so: Postgres would take their index for pages of an actor, too.
in_chain = activity.c.position > literal_column("0")

Index("ix_activity_actor_id", activity.c.actor_id, activity.c.id)
Index("ix_activity_chain", activity.c.actor_id, activity.c.position, postgresql_where=in_chain, sqlite_where=in_chain)
Index(
    "ix_activity_object_id", activity.c.object_id, activity.c.id, postgresql_where=has_object, sqlite_where=has_object
)

activity_chains = Table(
    "activity_chains",
    metadata,
    Column("actor_id", Id, primary_key=True, autoincrement=False),
    Column("position", Id, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    # Each entry rewrites the row of its actor, and touches no index.
    postgresql_with={"fillfactor": 70},
)

posts = Table(
    "posts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("author_id", Id, ForeignKey(users.c.id), nullable=False),
    Column("content", Text, nullable=False),
    Column("image_url", Text),
    Column("created_at", Moment, nullable=False),
)

Index("ix_posts_author_id", posts.c.author_id, posts.c.id)

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
)

Index("ix_comments_parent_id", comments.c.parent_id, comments.c.id)
Index("ix_comments_author_id", comments.c.author_id, comments.c.id)


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

follows = Table(
    "follows",
    metadata,
    Column("follower_id", Id, nullable=False),
    Column("followee_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
    PrimaryKeyConstraint("follower_id", "followee_id"),
    sqlite_with_rowid=False,
)

Index("ix_follows_followee_id", follows.c.followee_id, follows.c.follower_id)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("payload", Text, nullable=False),  # JSON
    Column("at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retry_at", Moment),  # NULL: at once
    Column("last_error", Text),
)

inbox = Table(
    "inbox",
    metadata,
    Column("event_id", Id, nullable=False),
    Column("consumer", Text, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    PrimaryKeyConstraint("event_id", "consumer"),
    sqlite_with_rowid=False,
)

id_nodes = Table(
    "id_nodes",
    metadata,
    Column("node", Integer, primary_key=True, autoincrement=False),
    Column("owner", Text, nullable=False),
    Column("until", Moment, nullable=False),
)

timelines = Table(
    "timelines",
    metadata,
    Column("owner_id", Id, primary_key=True, autoincrement=False),
    Column("warming_until", Moment),  # NULL: warm
    Column("floor_id", Id),  # NULL: complete to the beginning
    Column("read_at", Moment, nullable=False, index=True),
)

timeline_entries = Table(
    "timeline_entries",
    metadata,
    Column("owner_id", Id, nullable=False),
    Column("post_id", Id, nullable=False),
    Column("author_id", Id, nullable=False),
    PrimaryKeyConstraint("owner_id", "post_id"),
    sqlite_with_rowid=False,
)

trending_scores = Table(
    "trending_scores",
    metadata,
    Column("post_id", Id, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),  # The landmark that the score is kept under.
    Column("score", Float(53), nullable=False),
    Column("weight", Float(53), nullable=False),  # The sum without decay: exactly zero once all is taken back.
)
