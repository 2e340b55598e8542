"""PostgreSQL, 15 and newer: how statements are written for it, and its two pools of connections."""

import asyncio
import os
import re
import select as os_select
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import cache, cached_property
from typing import Any, cast

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    LargeBinary,
    Select,
    Table,
    any_,
    bindparam,
    event,
    exc,
    func,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from socialfeed.adapters.sql.database import unavailable_as
from socialfeed.adapters.sql.dialect import Build, FirstOfEach, Walk, read
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import MAX_ID

OLDEST = 15
CONNECT_SECONDS = 5
WAIT_SECONDS = 10
"""For the answer to a statement, waits for locks included, and for a turn to write."""

READ_WAIT_SECONDS = 3
"""For a connection to read by: more than that is overload, or no server."""

WRITERS, READERS = 10, 10
"""Connections of each kind at most: a few processes stay below the server's default of 100."""

WAITING_READERS = 1_000
PREPARED = 500
"""Statements kept prepared on a connection: more than there are reads, each with the few limits in use."""


READ_SETTINGS: Mapping[str, str | int] = {
    # Planning costs as much as reading ten rows, and none of our reads has two good plans.
    "plan_cache_mode": "force_generic_plan",
    # Where two indexes begin alike, the wrong one and a sort within each group look as cheap as the right one: 82 ms
    # instead of 0.2 for the best of twenty thousand comments.
    "enable_incremental_sort": "off",
    # Where it expects many rows for each of many keys it would compile the statement each time: 7 ms for one of 0.1.
    "jit": "off",
    # What two names need to have in common for one to be looked at in a search for the other.
    "pg_trgm.word_similarity_threshold": "0.4",
}
"""For the connections that read."""


class PostgresDialect:
    name = "postgresql"
    changes_in_with = True
    has_deltas = True

    @cached_property
    def compiler(self) -> PGDialectAsync_psycopg:
        return PGDialectAsync_psycopg()  # type: ignore[no-untyped-call]

    def insert(self, table: Table) -> Insert:
        return insert(table).execution_options(preserve_rowcount=True)

    def link_hash(self, previous: ColumnElement[bytes], canonical: ColumnElement[bytes]) -> ColumnElement[bytes]:
        return func.sha256(previous.op("||", return_type=LargeBinary())(canonical), type_=LargeBinary())

    def any_of(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        return column == any_(bindparam(name, type_=ARRAY(column.type)))

    def each(self, name: str) -> FromClause:
        numbers = func.unnest(bindparam(name, type_=ARRAY(BigInteger)))
        return numbers.table_valued("key", name="keys").render_derived()

    def walked(self, rows: Select[*tuple[Any, ...]], walk: Walk) -> Select[*tuple[Any, ...]]:
        # Comparing pairs hides from the planner how many rows a group has; with `group = key` it would know better.
        if walk.score is not None:
            place, past = tuple_(walk.group, walk.score, walk.ids), tuple_(walk.key, walk.past_score, walk.past)
            lowest = tuple_(walk.key, literal_column("-1"), literal_column("0"))
            rows = rows.where(place < past, place > lowest)
            return rows.order_by(walk.group.desc(), walk.score.desc(), walk.ids.desc())
        place, past = tuple_(walk.group, walk.ids), tuple_(walk.key, walk.past)
        edge = literal_column("0" if walk.newest_first else str(MAX_ID)) if walk.end is None else walk.end
        if walk.newest_first:
            rows = rows.where(place < past, place > tuple_(walk.key, edge))
            return rows.order_by(walk.group.desc(), walk.ids.desc())
        rows = rows.where(place > past, place < tuple_(walk.key, edge))
        return rows.order_by(walk.group, walk.ids)

    def first_of_each(
        self, keys: FromClause, table: Table, walk: Walk, *, limit: int, where: ColumnElement[bool] | None = None
    ) -> FirstOfEach:
        found = self.walked(select(table), walk)
        if where is not None:
            found = found.where(where)
        first = found.limit(literal_column(str(limit))).lateral("first")
        return FirstOfEach(keys.join(first, true()), first)


DIALECT = PostgresDialect()


class PostgresDatabase:
    """Transactions go through the engine and its pool, reads through psycopg's own. See `connect`."""

    dialect = DIALECT

    def __init__(self, address: str, engine: AsyncEngine, pool: AsyncConnectionPool[psycopg.AsyncConnection]) -> None:
        self.address = address
        self._engine = engine
        self._pool = pool

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        with unavailable_as(self.address):
            async with self._engine.begin() as connection:
                yield connection

    async def rows(self, build: Build, /, *literals: int | bool, **values: Any) -> Sequence[Row]:
        statement = read(DIALECT, build, *literals)
        bound = statement.bound({name: _array(value) for name, value in values.items()})
        with self._unavailable():
            try:
                return await self._execute(statement.text, bound)
            except (PoolTimeout, PoolClosed, TooManyRequests, psycopg.errors.QueryCanceled):
                raise
            except psycopg.OperationalError:
                # One connection that died says little about the server, and a read may be repeated.
                return await self._execute(statement.text, bound)

    async def by_key(self, build: Build, ids: Sequence[int | str], /, **values: Any) -> Sequence[Row]:
        return await self.rows(build, ids=list(ids), **values) if ids else ()

    async def insert_many(self, connection: AsyncConnection, table: Table, rows: Sequence[Values]) -> None:
        driver = cast("psycopg.AsyncConnection", (await connection.get_raw_connection()).driver_connection)
        names = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
        with self._unavailable():
            async with driver.cursor() as cursor, cursor.copy(statement) as copy:
                for row in rows:
                    await copy.write_row(tuple(row.values()))

    async def insert_missing(self, connection: AsyncConnection, table: Table, rows: Sequence[Values]) -> None:
        names = tuple(rows[0])
        columns = {name: [row[name] for row in rows] for name in names}
        await connection.execute(_insert_missing(table, names), columns)

    async def _execute(self, text: str, values: dict[str, Any]) -> Sequence[Row]:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(text, values, prepare=True)
            return await cursor.fetchall()

    @contextmanager
    def _unavailable(self) -> Iterator[None]:
        try:
            yield
        except psycopg.OperationalError as error:
            raise Unavailable(f"{self.address} does not answer.") from error


def _array(value: Any) -> Any:
    """A list of numbers as Postgres writes it: psycopg takes half a millisecond for 400 of them, this a tenth of it."""
    if type(value) is list and value and type(value[0]) is int:
        return f"{{{','.join(map(str, value))}}}"
    return value


@cache
def _insert_missing(table: Table, names: tuple[str, ...]) -> Insert:
    """Takes an array for each column: one statement, where `executemany` would send one for each row."""
    arrays = (bindparam(name, type_=ARRAY(table.c[name].type)) for name in names)
    rows = func.unnest(*arrays).table_valued(*names, name="rows").render_derived()
    return insert(table).from_select(names, select(*(rows.c[name] for name in names))).on_conflict_do_nothing()


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[PostgresDatabase]:
    """Opens both pools once the server has answered. Raises `ValueError` and `Unavailable` in one line each."""
    parameters = parameters_of(url, timezone="UTC", statement_timeout=WAIT_SECONDS * 1_000)
    await _greet(parameters)
    engine = _engine(parameters)
    pool = _read_pool(parameters)
    try:
        await pool.open()
        yield PostgresDatabase(address_of(parameters), engine, pool)
    finally:
        await pool.close()
        await engine.dispose()


def parameters_of(url: str, **settings: str | int) -> dict[str, Any]:
    """libpq's connection parameters, with ours wherever the URL has none; `settings` are the server's, for the session.

    Raises `ValueError`.
    """
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        given = {"port": "unknown"}  # What it says may quote half a password, so it is left out.
    # A password with a "/" or "@" that is not escaped ends up, in part, in the host or the port.
    if "@" in str(given.get("host", "")) or not re.fullmatch(r"[\d,]*", str(given.get("port", ""))):
        raise ValueError("The database URL is malformed; postgresql://user:password@host:port/name is expected.")
    return {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "socialfeed",
        # A server that vanished without a word is noticed by the kernel.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": WAIT_SECONDS * 1_000,
        **given,
        "options": _options(given, settings),
    }


def _options(parameters: dict[str, Any], settings: Mapping[str, str | int]) -> str:
    ours = (f"-c {name}={value}" for name, value in settings.items())
    return " ".join([*ours, str(parameters.get("options", ""))]).strip()


def address_of(parameters: dict[str, Any]) -> str:
    host = str(parameters.get("host") or parameters.get("hostaddr") or os.environ.get("PGHOST", "localhost"))
    port = parameters.get("port") or os.environ.get("PGPORT", "5432")
    bracketed = f"[{host}]" if ":" in host else host
    return f"PostgreSQL at {bracketed}:{port}"


def refused(parameters: dict[str, Any], error: BaseException) -> Unavailable:
    """One line for a connection that was not made: what the server said, or that there is none."""
    # The server names the role and the database at most; libpq's own words are left out.
    said = re.search(r"FATAL:\s*([^\n]+)", str(error))
    return Unavailable(f"{address_of(parameters)} {f'refused: {said[1]}.' if said else 'does not answer.'}")


async def _greet(parameters: dict[str, Any]) -> None:
    """Raises `Unavailable` unless the server lets us in and is new enough."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            connection = await psycopg.AsyncConnection.connect(**parameters)
    except (TimeoutError, psycopg.OperationalError) as error:
        raise refused(parameters, error) from error
    async with connection:
        version = connection.info.server_version // 10_000
    if version < OLDEST:
        raise Unavailable(f"{address_of(parameters)} is version {version}; {OLDEST} is the oldest that works.")


def _read_pool(parameters: dict[str, Any]) -> AsyncConnectionPool[psycopg.AsyncConnection]:
    return AsyncConnectionPool(
        kwargs={
            **parameters,
            "autocommit": True,
            "options": _options(parameters, READ_SETTINGS),
        },
        min_size=1,
        max_size=READERS,
        open=False,
        check=_check,
        configure=_keep_prepared,
        timeout=READ_WAIT_SECONDS,
        max_waiting=WAITING_READERS,
        # The pause between attempts doubles until this has passed: with more, a server that is back may go unnoticed.
        reconnect_timeout=3,
    )


async def _keep_prepared(connection: psycopg.AsyncConnection) -> None:
    connection.prepared_max = PREPARED


async def _check(connection: psycopg.AsyncConnection) -> None:
    """Costs 2 µs, where psycopg's own check is one more round trip and doubles the time of a short read."""
    if _hung_up(connection):
        await connection.close()
        raise psycopg.OperationalError("the server closed the connection")


def _hung_up(connection: psycopg.AsyncConnection) -> bool:
    """Whether something came in while nothing was asked: the end, or the server's word that it is near."""
    if connection.closed:
        return True
    poll = os_select.poll()
    poll.register(connection.fileno(), os_select.POLLIN)
    return bool(poll.poll(0))


def _engine(parameters: dict[str, Any]) -> AsyncEngine:
    async def new_connection() -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(**parameters)

    engine = create_async_engine(
        "postgresql+psycopg://",
        async_creator=new_connection,
        hide_parameters=True,  # An error's text, which is logged, would quote hashes and what people wrote.
        use_native_hstore=False,
        pool_size=WRITERS,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def check(_connection: Any, record: Any, _proxy: Any) -> None:
        if _hung_up(record.driver_connection):
            raise exc.InvalidatePoolError

    return engine
