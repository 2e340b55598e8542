"""Alembic's migrations, run from the program itself: nothing to configure, the same on both databases."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Connection, NullPool, create_engine, event

from socialfeed.adapters.sql import partitions, postgres, sqlite

FOLDER = str(Path(__file__).parent)

LOCK_KEY = 5_746_192_038
"""Of the advisory lock that lets one process migrate at a time."""

LOCK_TIMEOUT_MS = 5_000
"""A change that waits for a table makes everybody else wait behind it: better to give up and try again."""

LOCK_PAUSE_SECONDS = 0.1

SQLITE_WAIT_SECONDS = 60


def upgrade(url: str, revision: str = "head") -> None:
    """Applies what is missing up to the revision, and extends the partitions. Raises `ValueError`, `Unavailable`."""
    with connected(url) as connection:
        command.upgrade(_config(connection), revision)
        partitions.extend(connection)


def downgrade(url: str, revision: str = "base") -> None:
    """Takes migrations back, data included."""
    with connected(url) as connection:
        command.downgrade(_config(connection), revision)


def current(url: str) -> str | None:
    """The revision of the database; None before the first."""
    with connected(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection whose holder is the only one that migrates."""
    with _sqlite(url) if url.startswith("sqlite:") else _postgres(url) as connection:
        yield connection


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", FOLDER.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _sqlite(url: str) -> Iterator[Connection]:
    """One transaction for all, begun with the write lock. Foreign keys stay off, as rebuilding a table needs."""
    path = sqlite.path_of(url)
    sqlite.prepare(path)
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        connect_args={"isolation_level": None, "timeout": SQLITE_WAIT_SECONDS},
    )
    event.listen(engine, "begin", sqlite.on_begin)
    with engine.begin() as connection:
        yield connection


@contextmanager
def _postgres(url: str) -> Iterator[Connection]:
    """A transaction for each migration, so that one may end it early to build an index without locking the table."""
    parameters = postgres.parameters_of(url, lock_timeout=LOCK_TIMEOUT_MS)
    try:
        guard = psycopg.connect(**parameters, autocommit=True)
    except psycopg.OperationalError as error:
        raise postgres.refused(parameters, error) from error
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(**parameters), poolclass=NullPool)
    with guard:
        # Asked again and again: a statement that waits for the lock is a transaction, which the one who holds the lock
        # would wait for, in turn, to build an index concurrently.
        while guard.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_KEY]).fetchone() != (True,):
            time.sleep(LOCK_PAUSE_SECONDS)
        with engine.connect() as connection:
            yield connection
