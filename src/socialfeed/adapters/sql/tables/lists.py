"""Lists of accounts, and who is on them. No foreign keys: whoever removes a list or erases an account removes these."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text

from socialfeed.adapters.sql.columns import Id, Moment
from socialfeed.adapters.sql.tables.base import metadata

lists = Table(
    "lists",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("owner_id", Id, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

Index("ix_lists_owner_id", lists.c.owner_id, lists.c.id)

list_members = Table(
    "list_members",
    metadata,
    Column("user_id", Id, nullable=False),
    Column("list_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
    PrimaryKeyConstraint("user_id", "list_id"),
    sqlite_with_rowid=False,
)

# The key begins with the user: of two indexes that begin alike Postgres may walk the wrong one.
Index("ix_list_members_list_id", list_members.c.list_id, list_members.c.id)
