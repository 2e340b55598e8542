"""The months of the activity log on Postgres, where each is a partition that can be dropped as a whole.

A partition that is missing stops nobody: a default one takes what has no other.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
from sqlalchemy import ColumnElement, Connection, SelectBase, exc, exists, literal_column, select, table, text

from socialfeed.adapters.sql.columns import first_activity_id
from socialfeed.adapters.sql.database import Database
from socialfeed.adapters.sql.dialect import Dialect

MONTHS_AHEAD = 24
FEW_MONTHS_AHEAD = 3
"""With fewer it is time to migrate again."""

_IS_THERE = text("SELECT to_regclass('activity') IS NOT NULL")
_PARTITIONS = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'activity'::regclass")
_UNGUARDED = text(
    "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'activity'::regclass"
    " AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = inhrelid AND tgname = 'activity_not_truncated')"
)


def extend(connection: Connection, at: datetime | None = None) -> None:
    """Makes the partitions from the month before `at`, for clocks that lag, to `MONTHS_AHEAD` after it. Idempotent.

    A month that began in the default partition, as nobody migrated for so long, stays there.
    """
    if connection.dialect.name != "postgresql" or not connection.scalar(_IS_THERE):
        return
    there = set(connection.scalars(_PARTITIONS))
    for first in _months(at or datetime.now(UTC)):
        if _name(first) not in there:
            _make(connection, first)
    # Row triggers come with a partition, those of TRUNCATE do not.
    for name in connection.scalars(_UNGUARDED).all():
        connection.execute(
            text(
                f"CREATE TRIGGER activity_not_truncated BEFORE TRUNCATE ON {name}"
                " FOR EACH STATEMENT EXECUTE FUNCTION refuse_activity_change()"
            )
        )
    connection.commit()


async def warnings(database: Database, at: datetime) -> list[str]:
    """What an operator should see to, in one line each; nothing where there are no partitions."""
    if database.dialect.name != "postgresql":
        return []
    there = {name for (name,) in await database.rows(_names)}
    ahead = sum(_name(first) in there for first in _months(at) if first > at)
    found = []
    if ahead < FEW_MONTHS_AHEAD:
        found.append(
            f"the log has partitions for {ahead} months ahead: `socialfeed migrate` makes those of {MONTHS_AHEAD}"
        )
    if (await database.rows(_default_holds))[0][0]:
        found.append("the default partition of the log holds entries, which cannot be dropped month by month")
    return found


def _names(_: Dialect) -> SelectBase:
    names: ColumnElement[str] = literal_column("inhrelid::regclass::text")
    of_log: ColumnElement[bool] = literal_column("inhparent = 'activity'::regclass")
    return select(names).select_from(table("pg_inherits")).where(of_log)


def _default_holds(_: Dialect) -> SelectBase:
    return select(exists(select(literal_column("1")).select_from(table("activity_default"))))


def _make(connection: Connection, first: datetime) -> None:
    """Made apart and then attached, which locks out neither who reads nor who writes other months."""
    name, lower, upper = _name(first), first_activity_id(first), first_activity_id(_next(first))
    try:
        connection.execute(text(f"CREATE TABLE {name} (LIKE activity)"))
        connection.execute(text(f"ALTER TABLE activity ATTACH PARTITION {name} FOR VALUES FROM ({lower}) TO ({upper})"))
    except exc.IntegrityError as error:
        connection.rollback()
        if not isinstance(error.orig, psycopg.errors.CheckViolation):
            raise
    else:
        connection.commit()


def _name(first: datetime) -> str:
    return f"activity_{first:%Y_%m}"


def _months(at: datetime) -> Iterator[datetime]:
    """The first moments of the months to make."""
    month = at.year * 12 + at.month - 1
    for number in range(month - 1, month + MONTHS_AHEAD + 1):
        yield datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)


def _next(first: datetime) -> datetime:
    month = first.year * 12 + first.month
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
