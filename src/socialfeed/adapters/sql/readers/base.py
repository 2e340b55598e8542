"""What readers have in common."""

from collections.abc import Iterable
from typing import TypeVar

from socialfeed.adapters.sql.database import Database

Id = TypeVar("Id", bound=int)


class Reader:
    """Statements are functions that `Database.rows` compiles once: see `dialect.Build`."""

    __slots__ = ("_database",)

    def __init__(self, database: Database) -> None:
        self._database = database


def once_each(ids: Iterable[Id]) -> list[Id]:
    """Without repeats: what is joined to a list must not come twice."""
    return list(dict.fromkeys(ids))
