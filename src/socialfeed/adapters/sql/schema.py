"""Which schema this version needs, and whether a database has it."""

import asyncio
import sqlite3

import psycopg
from sqlalchemy import SelectBase, column, select, table

from socialfeed.adapters.sql.database import Database
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.domain.errors import Unavailable

HEAD = "0022"
"""The newest migration. Revisions are numbers of four digits, in the order in which they are applied."""


async def migrate(url: str) -> None:
    """Brings the database to `HEAD` and makes the partitions of the months to come; what is there already stays as it
    is. Several processes may ask at once.

    Raises `ValueError` for a URL that makes no sense and `Unavailable` when the server does not answer.
    """
    # Only those who migrate pay for Alembic.
    from socialfeed.adapters.sql.migrations import upgrade

    await asyncio.to_thread(upgrade, url)


async def check(database: Database) -> None:
    """Raises `Unavailable` unless the database answers and its schema serves this version.

    One that is newer does: migrations expand first and contract a release later, so that the processes of the last
    release work on while those of the next one start.
    """
    revision = await _revision(database)
    if revision is None:
        raise Unavailable(f"{database.address} has no tables yet: run `socialfeed migrate`.")
    if revision < HEAD:
        raise Unavailable(
            f"{database.address} has schema {revision}, this version needs {HEAD}: run `socialfeed migrate`."
        )


def _versions(_: Dialect) -> SelectBase:
    return select(column("version_num")).select_from(table("alembic_version"))


async def _revision(database: Database) -> str | None:
    try:
        rows = await database.rows(_versions)
    except (psycopg.errors.UndefinedTable, sqlite3.OperationalError):
        return None
    return str(rows[0][0]) if rows else None
