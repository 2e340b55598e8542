"""What accounts need to be private, banned, deactivated and erased; custom roles, grants, and the activity log.

Expands only. Addresses become unique among all accounts that have proven theirs, not only among the active ones: no
other kind exists before, so no row can be in the way.

On Postgres the indexes on accounts are built while everybody goes on working, outside the transaction. What comes
before may therefore be there already, when a first try was interrupted.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id, Moment

revision = "0003"
down_revision = "0002"

_INDEXES = (
    ("uq_users_proven_email", ["email"], "status <> 'unverified'"),
    ("ix_users_erase_at", ["erase_at", "id"], "erase_at IS NOT NULL"),
    ("ix_users_status", ["status", "id"], "status <> 'active'"),
    ("ix_users_special_roles", ["id"], "roles <> 'user' AND roles <> ''"),
)
_COMMENTS_OF = "ix_comments_author_id"
_REFUSAL = "the activity log is append-only"


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        _extend_on_postgres()
    else:
        for column in _columns():
            op.add_column("users", column)
        for name, columns, where in _INDEXES:
            _create_partial_index(name, "users", columns, where)
        op.create_index(_COMMENTS_OF, "comments", ["author_id", "id"])
    op.drop_index("uq_users_active_email", "users")
    _access()
    _activity()


def downgrade() -> None:
    for table in ("activity_chains", "activity", "grants", "roles"):
        op.drop_table(table)
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_activity_change()")
    op.drop_index(_COMMENTS_OF, "comments")
    for name, _, _ in _INDEXES:
        op.drop_index(name, "users")
    _create_partial_index("uq_users_active_email", "users", ["email"], "status = 'active'")
    for column in _columns():
        op.drop_column("users", column.name)


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("avatar_url", sa.Text),
        sa.Column("is_private", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("locale", sa.Text, nullable=False, server_default="en"),
        sa.Column("new_email", sa.Text),
        sa.Column("erase_at", Moment),
    ]


def _extend_on_postgres() -> None:
    for column in _columns():
        op.add_column("users", column, if_not_exists=True)
    with op.get_context().autocommit_block():
        # Waiting for transactions that began before stops nobody here.
        op.execute("SET lock_timeout = 0")
        for name, columns, where in _INDEXES:
            # An interrupted build leaves an index that is not valid.
            op.drop_index(name, "users", if_exists=True, postgresql_concurrently=True)
            _create_partial_index(name, "users", columns, where, concurrently=True)
        op.drop_index(_COMMENTS_OF, "comments", if_exists=True, postgresql_concurrently=True)
        op.create_index(_COMMENTS_OF, "comments", ["author_id", "id"], postgresql_concurrently=True)
        op.execute("RESET lock_timeout")


def _create_partial_index(name: str, table: str, columns: list[str], where: str, *, concurrently: bool = False) -> None:
    op.create_index(
        name,
        table,
        columns,
        unique=name.startswith("uq_"),
        postgresql_where=sa.text(where),
        sqlite_where=sa.text(where),
        postgresql_concurrently=concurrently,
    )


def _access() -> None:
    op.create_table(
        "roles",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("permissions", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_roles"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "grants",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("permission", sa.Text, nullable=False),
        sa.Column("granted_at", Moment, nullable=False),
        sa.Column("expires_at", Moment),
        sa.PrimaryKeyConstraint("user_id", "permission", name="pk_grants"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_grants_user_id", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )


def _activity() -> None:
    op.create_table(
        "activity",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("actor_id", Id, nullable=False),
        sa.Column("position", Id, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("object_id", Id),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_activity"),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index("ix_activity_actor_id", "activity", ["actor_id", "id"])
    _create_partial_index("ix_activity_chain", "activity", ["actor_id", "position"], "position > 0")
    _create_partial_index("ix_activity_object_id", "activity", ["object_id", "id"], "object_id IS NOT NULL")
    op.create_table(
        "activity_chains",
        sa.Column("actor_id", Id, autoincrement=False, nullable=False),
        sa.Column("position", Id, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("actor_id", name="pk_activity_chains"),
        postgresql_with={"fillfactor": 70},
    )
    if op.get_context().dialect.name == "postgresql":
        _guard_on_postgres()
    else:
        _guard_on_sqlite()


def _guard_on_postgres() -> None:
    """The monthly partitions are made, and guarded in the same way, by each run of `socialfeed migrate`."""
    op.execute("CREATE TABLE activity_default PARTITION OF activity DEFAULT")
    op.execute(
        f"""
        CREATE FUNCTION refuse_activity_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER activity_not_changed BEFORE UPDATE OR DELETE ON activity"
        " FOR EACH ROW EXECUTE FUNCTION refuse_activity_change()"
    )
    for table in ("activity", "activity_default"):
        op.execute(
            f"CREATE TRIGGER activity_not_truncated BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_activity_change()"
        )


def _guard_on_sqlite() -> None:
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER activity_no_{event.lower()} BEFORE {event} ON activity"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
    # INSERT OR REPLACE removes a row without a DELETE; with this it fails as INSERT does, in the same words.
    op.execute(
        "CREATE TRIGGER activity_no_replace BEFORE INSERT ON activity"
        " WHEN EXISTS (SELECT 1 FROM activity WHERE id = NEW.id)"
        " BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: activity.id'); END"
    )
