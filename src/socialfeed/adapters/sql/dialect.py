"""What differs between the databases when a statement is written, and how reads become text."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, FromClause, Select, SelectBase, Table
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.engine.interfaces import Dialect as Compiler


class Walk(NamedTuple):
    """Part of an index on two columns: `group` equal to `key`, in order of `ids`, from `past` on, `past` left out, to
    the last of the group or to `end`, left out, too. With a `score`, which is -1 or more, of an index on three: newest
    first, in order of score and ids.
    """

    group: ColumnElement[Any]
    key: ColumnElement[Any]
    ids: ColumnElement[int]
    past: ColumnElement[int]
    newest_first: bool
    end: ColumnElement[int] | None = None
    score: ColumnElement[int] | None = None
    past_score: ColumnElement[int] | None = None


class FirstOfEach(NamedTuple):
    """What to select from to get the chosen rows, and the table they appear as there."""

    source: FromClause
    rows: FromClause


class Dialect(Protocol):
    """One instance per database product; instances are hashable and live as long as the process."""

    def __hash__(self) -> int: ...

    @property
    def name(self) -> str: ...

    @property
    def compiler(self) -> Compiler: ...

    def insert(self, table: Table) -> PostgresInsert | SqliteInsert:
        """An INSERT that knows ON CONFLICT, and how many rows it made."""

    @property
    def changes_in_with(self) -> bool:
        """Whether a statement may change one table and use what that gave to change another."""

    @property
    def has_deltas(self) -> bool:
        """Whether what is counted for a post may be kept beside the row that counts it: see `repositories.counters`."""

    def link_hash(self, previous: ColumnElement[bytes], canonical: ColumnElement[bytes]) -> ColumnElement[bytes]:
        """`domain.activity.link_hash`, for statements that write."""

    def any_of(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """The column is one of the values in the list bound as `name`: one text, whatever the length of the list."""

    def each(self, name: str) -> FromClause:
        """The numbers in the list bound as `name`, as rows with the one column `key`."""

    def walked(self, rows: Select[*tuple[Any, ...]], walk: Walk) -> Select[*tuple[Any, ...]]:
        """The rows of the walk in its order, said so that the planner does walk the index and stops at the LIMIT.

        Left to itself with a plan for any group, it may fetch and sort the whole of each, as the average group is
        small: 30 ms instead of 0.04 for an author of twenty thousand posts.
        """

    def first_of_each(
        self, keys: FromClause, table: Table, walk: Walk, *, limit: int, where: ColumnElement[bool] | None = None
    ) -> FirstOfEach:
        """For each of the walk's keys, which are a column of `keys`, its first `limit` rows in the table, of those that
        `where` allows, whose single subqueries must give one value each: joins would be planned another way.

        A plain join would read all rows of all groups, or, where the planner hopes to find enough of them soon, walk
        through the whole table newest first: 80 ms instead of 0.2 for ten authors who rarely write.
        """


Build = Callable[..., SelectBase]
"""Writes a read: takes the dialect, then what is to stand in the text itself.

LIMIT is such a literal, as Postgres would plan a statement anew at each execution with LIMIT as a parameter.
"""


class Read(NamedTuple):
    """A read as the driver takes it, with the values of the constants in it."""

    text: str
    constants: dict[str, Any]

    def bound(self, values: dict[str, Any]) -> dict[str, Any]:
        return {**self.constants, **values} if self.constants else values


@lru_cache(maxsize=2_048)
def read(dialect: Dialect, build: Build, *literals: int | bool) -> Read:
    """The statement in the language of the dialect, compiled once."""
    compiled = build(dialect, *literals).compile(dialect=dialect.compiler)
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    return Read(str(compiled), constants)
