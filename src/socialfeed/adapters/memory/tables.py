"""Rows in dictionaries: committed tables with indexes, and what one transaction is about to change.

A transaction never touches a table. It writes to a `Staged` of it, which its own reads look through, and which is
applied in one step, without a suspension, when the transaction commits. Rows are immutable values, so no reader can
change a stored one.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Any)
V = TypeVar("V")


class Index(Generic[K, V]):
    """The keys of the rows with a value in common, ascending; or `listed` of each row in place of its key."""

    def __init__(self, value_of: Callable[[V], Hashable], listed: Callable[[V], K] | None = None) -> None:
        self.value_of = value_of
        self._listed = listed
        self._keys: dict[Hashable, list[K]] = {}

    def keys(self, value: Hashable) -> Sequence[K]:
        return self._keys.get(value, ())

    def add(self, key: K, row: V) -> None:
        insort(self._keys.setdefault(self.value_of(row), []), self._listed(row) if self._listed else key)

    def remove(self, key: K, row: V) -> None:
        value = self.value_of(row)
        keys = self._keys[value]
        key = self._listed(row) if self._listed else key
        del keys[bisect_left(keys, key)]
        if not keys:
            del self._keys[value]


class Table(Generic[K, V]):
    """Committed rows by key."""

    def __init__(self, *indexes: Index[Any, V]) -> None:
        self.rows: dict[K, V] = {}
        self._indexes = indexes

    def put(self, key: K, row: V) -> None:
        self.remove(key)
        self.rows[key] = row
        for index in self._indexes:
            index.add(key, row)

    def remove(self, key: K) -> None:
        if key in self.rows:
            row = self.rows.pop(key)
            for index in self._indexes:
                index.remove(key, row)

    def by_keys(self, keys: Sequence[K]) -> dict[K, V]:
        """The rows that exist among these."""
        rows = self.rows
        return {key: rows[key] for key in keys if key in rows}


class Staged(Generic[K, V]):
    """A table as one open transaction sees it: committed rows under its own changes."""

    def __init__(self, table: Table[K, V]) -> None:
        self._table = table
        self._changes: dict[K, V | None] = {}

    def get(self, key: K) -> V | None:
        return self._changes[key] if key in self._changes else self._table.rows.get(key)

    def put(self, key: K, row: V) -> None:
        self._changes[key] = row

    def remove(self, key: K) -> V | None:
        """The row that was there, if any."""
        row = self.get(key)
        self._changes[key] = None
        return row

    def matching(self, index: Index[K, V], value: Hashable) -> list[V]:
        """The rows with this value in the index, which is one of the table's."""
        committed = [self._table.rows[key] for key in index.keys(value) if key not in self._changes]
        changed = [row for row in self._changes.values() if row is not None and index.value_of(row) == value]
        return committed + changed

    def apply(self) -> None:
        """Makes the changes those of the table."""
        for key, row in self._changes.items():
            if row is None:
                self._table.remove(key)
            else:
                self._table.put(key, row)
