"""What repositories have in common."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CursorResult, Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.rows import Row


class Repository:
    """Statements are written once, at import or per dialect, and bound here."""

    __slots__ = ("_connection", "_dialect")

    def __init__(self, connection: AsyncConnection, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect

    async def _run(self, statement: Executable, values: Mapping[str, Any]) -> int:
        """Executes and returns the number of rows changed."""
        result: CursorResult[Any] = await self._connection.execute(statement, values)
        return result.rowcount

    async def _first(self, statement: Executable, values: Mapping[str, Any]) -> Row | None:
        return (await self._connection.execute(statement, values)).first()
