"""From what a database refuses to what the domain calls it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import psycopg
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, exc
from sqlalchemy.ext.asyncio import AsyncConnection

from socialfeed.adapters.sql.tables import metadata
from socialfeed.domain.errors import EmailTaken, IdConflict, SocialFeedError, UsernameTaken

CONFLICTS: dict[str, Callable[[], SocialFeedError]] = {
    "pk_users": IdConflict,
    "pk_posts": IdConflict,
    "pk_comments": IdConflict,
    "pk_drafts": IdConflict,
    "pk_lists": IdConflict,
    "pk_media": IdConflict,
    "pk_outbox": IdConflict,
    "pk_sessions": IdConflict,
    "pk_revocations": IdConflict,
    "uq_users_username_key": UsernameTaken,
    "uq_users_proven_email": EmailTaken,
    "uq_users_active_email": EmailTaken,  # While the migration that replaces it runs.
}
"""Every constraint that a well-behaved caller may run into."""


@asynccontextmanager
async def conflicts_named(connection: AsyncConnection) -> AsyncIterator[None]:
    """Raises the domain's error for a constraint that the statements inside break, and undoes them.

    They run in a savepoint: Postgres would refuse anything further in a transaction in which a statement failed,
    and quietly roll it back on commit, but a caller may handle the error and go on.
    """
    try:
        async with connection.begin_nested():
            yield
    except exc.IntegrityError as error:
        if conflict := conflict_of(error):
            raise conflict from error
        raise


def conflict_of(error: exc.IntegrityError | psycopg.IntegrityError) -> SocialFeedError | None:
    """The domain's error, if the broken constraint has one."""
    cause = error.orig if isinstance(error, exc.IntegrityError) else error
    if isinstance(cause, psycopg.Error):
        constraint = cause.diag.constraint_name or ""
    else:
        # SQLite names the columns: "UNIQUE constraint failed: users.username_key".
        constraint = _BY_COLUMNS.get(str(cause).partition("failed: ")[2], "")
    conflict = CONFLICTS.get(constraint)
    return conflict() if conflict else None


def _unique_columns() -> dict[str, str]:
    """The name of each unique constraint by its columns as SQLite writes them."""
    found = {}
    for table in metadata.tables.values():
        constraints = [c for c in table.constraints if isinstance(c, (PrimaryKeyConstraint, UniqueConstraint))]
        indexes = [index for index in table.indexes if index.unique]
        for unique in (*constraints, *indexes):
            found[", ".join(f"{table.name}.{column.name}" for column in unique.columns)] = str(unique.name)
    return found


_BY_COLUMNS = _unique_columns()
