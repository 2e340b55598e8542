"""What every part of this adapter is built on: one open database, written through the engine and read by text."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Protocol

from sqlalchemy import Table, exc
from sqlalchemy.ext.asyncio import AsyncConnection

from socialfeed.adapters.sql.dialect import Build, Dialect
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.errors import Unavailable


class Database(Protocol):
    @property
    def dialect(self) -> Dialect: ...

    @property
    def address(self) -> str:
        """What it is and where, in a few words for people, without secrets."""

    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction: commits on a clean exit, rolls back on any exception. Raises `Unavailable`."""

    async def rows(self, build: Build, /, *literals: int | bool, **values: Any) -> Sequence[Row]:
        """Runs a read outside transactions. `literals` become part of the text, `values` are bound to it.

        Raises `Unavailable`.
        """

    async def by_key(self, build: Build, ids: Sequence[int | str], /, **values: Any) -> Sequence[Row]:
        """As `rows`, for a read that is a primary-key look-up for each of `ids`; no ids, no round trip."""

    async def insert_many(self, connection: AsyncConnection, table: Table, rows: Sequence[Values]) -> None:
        """Inserts rows with the same columns in the transaction of the connection, as fast as the database can."""

    async def insert_missing(self, connection: AsyncConnection, table: Table, rows: Sequence[Values]) -> None:
        """As `insert_many`, for at least one row; those whose key is there already are left out."""


@contextmanager
def unavailable_as(address: str) -> Iterator[None]:
    """Turns "the database does not do it now" into `Unavailable`; mistakes of ours pass as they are."""
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        if isinstance(error, exc.DBAPIError) and is_mistake(error.orig):
            raise
        raise Unavailable(f"{address} does not answer.") from error


def is_mistake(error: BaseException | None) -> bool:
    """Whether a statement was wrong, which SQLite calls an operational error, too."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_ERROR
