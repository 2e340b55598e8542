"""SQLite in WAL mode: how statements are written for it, and one writer and two readers for a process."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from contextvars import copy_context
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    LargeBinary,
    Select,
    Table,
    and_,
    bindparam,
    column,
    event,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.types import TypeEngine

from socialfeed.adapters.sql.columns import JsonList, to_micros
from socialfeed.adapters.sql.database import is_mistake, unavailable_as
from socialfeed.adapters.sql.dialect import Build, FirstOfEach, Read, Walk, read
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.activity import link_hash
from socialfeed.domain.errors import Unavailable

OLDEST = (3, 35)
"""The first that knows RETURNING."""

WAIT_SECONDS = 5
"""For another process to finish its write."""

CACHE_KB = 65_536

KEYS_ON_LOOP = 32
"""Up to so many primary-key look-ups are done where they are asked for: in less than a change of threads costs."""

# At DEBUG it logs each statement with its values: hashes, addresses and what people wrote.
logging.getLogger("aiosqlite").setLevel(logging.INFO)


class SqliteDialect:
    name = "sqlite"
    changes_in_with = False
    has_deltas = False

    @cached_property
    def compiler(self) -> SQLiteDialect_pysqlite:
        return SQLiteDialect_pysqlite(paramstyle="named")

    def insert(self, table: Table) -> Insert:
        return insert(table).execution_options(preserve_rowcount=True)

    def link_hash(self, previous: ColumnElement[bytes], canonical: ColumnElement[bytes]) -> ColumnElement[bytes]:
        return func.link_hash(previous, canonical, type_=LargeBinary())  # See `on_connect`.

    def any_of(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        return column.in_(select(self._values(name, column.type)))

    def each(self, name: str) -> FromClause:
        return select(self._values(name, BigInteger()).label("key")).subquery("keys")

    def walked(self, rows: Select[*tuple[Any, ...]], walk: Walk) -> Select[*tuple[Any, ...]]:
        rows = rows.where(walk.group == walk.key)
        if walk.end is not None:
            rows = rows.where(walk.ids > walk.end if walk.newest_first else walk.ids < walk.end)
        if walk.score is not None:
            rows = rows.where(tuple_(walk.score, walk.ids) < tuple_(walk.past_score, walk.past))
            return rows.order_by(walk.score.desc(), walk.ids.desc())
        if walk.newest_first:
            return rows.where(walk.ids < walk.past).order_by(walk.ids.desc())
        return rows.where(walk.ids > walk.past).order_by(walk.ids)

    def first_of_each(
        self, keys: FromClause, table: Table, walk: Walk, *, limit: int, where: ColumnElement[bool] | None = None
    ) -> FirstOfEach:
        # There is no LATERAL; a subquery run for each key and a look-up of what it finds, by the same index, are as
        # bounded.
        first = table.alias("first")
        found = self.walked(select(walk.ids), walk)
        if where is not None:
            found = found.where(where)
        ids = found.limit(literal_column(str(limit))).correlate(keys)
        is_found = and_(first.c[str(walk.group.key)] == keys.c.key, first.c[str(walk.ids.key)].in_(ids))
        return FirstOfEach(keys.join(first, is_found), first)

    def _values(self, name: str, of: TypeEngine[Any]) -> ColumnElement[Any]:
        rows = func.json_each(bindparam(name, type_=JsonList)).table_valued(column("value", of))
        return rows.c.value


DIALECT = SqliteDialect()


class SqliteDatabase:
    """One file. Writers of this process queue fairly for one connection with a thread of its own. See `connect`."""

    dialect = DIALECT

    def __init__(
        self, path: Path, engine: AsyncEngine, on_loop: sqlite3.Connection, on_thread: sqlite3.Connection
    ) -> None:
        self.path = path
        self.address = f"SQLite at {path}"
        self._engine = engine
        self._writing = asyncio.Lock()
        self._on_loop = on_loop
        self._on_thread = on_thread
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-reads")

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        with unavailable_as(self.address):
            async with self._writing, self._engine.begin() as connection:
                yield connection

    async def rows(self, build: Build, /, *literals: int | bool, **values: Any) -> Sequence[Row]:
        return await self._fetch_on_thread(read(DIALECT, build, *literals), values)

    async def by_key(self, build: Build, ids: Sequence[int | str], /, **values: Any) -> Sequence[Row]:
        if not ids:
            return ()
        statement, values = read(DIALECT, build), {"ids": ids, **values}
        if len(ids) <= KEYS_ON_LOOP:
            try:
                return fetch(self._on_loop, statement, values)
            except sqlite3.OperationalError:
                # Somebody locks the whole file, which is rare in WAL mode: wait for it where waiting harms nobody.
                pass
        return await self._fetch_on_thread(statement, values)

    async def insert_many(self, connection: AsyncConnection, table: Table, rows: Sequence[Values]) -> None:
        await connection.execute(insert(table), rows)

    async def insert_missing(self, connection: AsyncConnection, table: Table, rows: Sequence[Values]) -> None:
        await connection.execute(insert(table).on_conflict_do_nothing(), rows)

    async def _fetch_on_thread(self, statement: Read, values: dict[str, Any]) -> Sequence[Row]:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(
                self._thread, copy_context().run, fetch, self._on_thread, statement, values
            )
        except sqlite3.OperationalError as error:
            if is_mistake(error):
                raise
            raise Unavailable(f"{self.address} does not answer.") from error

    async def close(self) -> None:
        self._thread.shutdown()
        self._on_thread.close()
        self._on_loop.close()
        await self._engine.dispose()


def fetch(connection: sqlite3.Connection, statement: Read, values: dict[str, Any]) -> Sequence[Row]:
    bound = {name: _parameter(value) for name, value in statement.bound(values).items()}
    return connection.cursor().execute(statement.text, bound).fetchall()  # by a cursor, for those who trace them


def _parameter(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_micros(value)
    return json.dumps(value) if isinstance(value, (list, tuple)) else value


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[SqliteDatabase]:
    """Opens, and if need be creates, the file. Raises `ValueError` and `Unavailable` in one line each."""
    path = path_of(url)
    prepare(path)
    on_loop, on_thread = _reader(path, wait=0), _reader(path, wait=WAIT_SECONDS)
    database = SqliteDatabase(path, _engine(path), on_loop, on_thread)
    try:
        yield database
    finally:
        await database.close()


def path_of(url: str) -> Path:
    """The file of `sqlite:///relative.db` or `sqlite:////absolute/path.db`. Raises `ValueError`."""
    scheme, _, name = url.partition(":///")
    if scheme != "sqlite" or not name or name.startswith(":") or "?" in name:
        raise ValueError(
            "The database URL is malformed; sqlite:///relative.db or sqlite:////absolute/path.db is expected."
        )
    return Path(name)


def prepare(path: Path) -> None:
    """Makes the file, for its owner's eyes only, and has it keep a write-ahead log, which it remembers: readers then
    never wait for a writer. Raises `Unavailable`.
    """
    if sqlite3.sqlite_version_info < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise Unavailable(f"SQLite {sqlite3.sqlite_version} is too old; {oldest} is the oldest that works.")
    is_new = not path.exists()
    try:
        with closing(sqlite3.connect(path, timeout=WAIT_SECONDS)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error as error:
        raise Unavailable(f"SQLite at {path} cannot be opened: {error}.") from error
    if is_new:
        # Not by opening it first: closing a descriptor of ours would drop the locks of every connection in the process.
        path.chmod(0o600)


def on_connect(connection: Any, _record: Any) -> None:
    """What each connection that writes has to be told."""
    connection.create_function("link_hash", 2, link_hash, deterministic=True)
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    # Loading a million likes into two megabytes of cache is mostly reading back what was just written.
    cursor.execute(f"PRAGMA cache_size = -{CACHE_KB}")
    # In WAL mode this loses nothing when the process dies, and only the last moments when the machine does.
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def on_begin(connection: Connection) -> None:
    """Takes the write lock at once: a transaction that reads first and writes then could not wait for it."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _reader(path: Path, *, wait: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=wait, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    connection.execute("PRAGMA query_only = ON")
    return connection


def _engine(path: Path) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        hide_parameters=True,  # An error's text, which is logged, would quote hashes and what people wrote.
        connect_args={"isolation_level": None, "timeout": WAIT_SECONDS},
        pool_size=1,
        max_overflow=0,
    )
    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)
    return engine
