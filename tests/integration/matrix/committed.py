"""The committed state of the memory storage: what changed since a moment, and back to it."""

from typing import Any

from socialfeed.adapters.memory.database import Database
from socialfeed.adapters.memory.tables import Table
from socialfeed.domain.activity import Activity
from socialfeed.testing.client import Client

_LOG = {"activity", "links", "chains"}


class Committed:
    """What a memory storage held when this was made. Rows are values, so equal rows are equal state."""

    def __init__(self, client: Client) -> None:
        database: Database = getattr(client.app.storage.users, "database")  # noqa: B009 - not part of the port
        self._tables: dict[str, Table[Any, Any]] = {
            name: table for name, table in vars(database).items() if isinstance(table, Table)
        }
        self._rows = {name: dict(table.rows) for name, table in self._tables.items()}

    def changed(self) -> set[str]:
        """The tables that differ by now, those of the activity log apart."""
        return {name for name, table in self._tables.items() if table.rows != self._rows[name]} - _LOG

    def logged(self) -> list[Activity]:
        """The entries since, oldest first."""
        log = self._tables["activity"].rows
        return [log[key] for key in sorted(log.keys() - self._rows["activity"].keys())]

    def restore(self) -> None:
        """In one step, as a commit is."""
        for name, table in self._tables.items():
            rows = self._rows[name]
            for key in table.rows.keys() - rows.keys():
                table.remove(key)
            for key, row in rows.items():
                if table.rows.get(key) is not row:
                    table.put(key, row)
