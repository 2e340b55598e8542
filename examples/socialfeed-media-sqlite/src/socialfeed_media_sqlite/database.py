"""The SQLite file: what is in it, how files get in and out. Everything here blocks."""

import sqlite3
import weakref
from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

PIECE = 256 * 1024
"""Bytes in a row. A file is as many rows as it needs, so that nobody ever holds a whole one in memory."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS piece (
    key     TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    content BLOB    NOT NULL,
    PRIMARY KEY (key, number)
)
"""


class Database(NamedTuple):
    """Where the file is, and for how many seconds to wait while another process writes to it."""

    path: Path
    patience: float

    def connect(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode={mode}",
            uri=True,
            timeout=self.patience,
            isolation_level=None,  # transactions begin where we say so
            check_same_thread=False,  # used by one thread at a time, not always by the same
        )
        connection.execute("PRAGMA synchronous = FULL")  # what was put survives a power cut
        return connection

    def delete(self, key: str) -> None:
        with closing(self.connect("rw")) as connection:
            connection.execute("DELETE FROM piece WHERE key = ?", (key,))

    def try_writing(self) -> None:
        """Commits a row, and its removal, under a name that no key can have."""
        with closing(self.connect("rw")) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO piece VALUES ('.check', 0, x'')")
            connection.execute("DELETE FROM piece WHERE key = '.check'")


class Session:
    """A connection of one's own, and so a transaction of one's own. Opens when it is first used; closes when `close`
    is called or nobody holds the session any more: a reader may go away, a task be cancelled, at any moment.
    """

    mode = "rw"  # where the file has vanished, that is an error and not a new, empty one

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stack = ExitStack()
        self.close = weakref.finalize(self, self._stack.close)

    @cached_property
    def connection(self) -> sqlite3.Connection:
        return self._stack.enter_context(closing(self._database.connect(self.mode)))


class Keeper(Session):
    """Holds the database open: while any connection is, closing another never stops to tidy up the log."""

    mode = "rwc"

    def create(self) -> None:
        self._database.path.parent.mkdir(parents=True, exist_ok=True)
        self.connection.execute("PRAGMA journal_mode = WAL")  # readers and the writer do not wait for each other
        self.connection.execute(_SCHEMA)


class Upload(Session):
    """A file on its way in. It gathers in a temporary table, which only this connection sees and which goes with it,
    so a crash leaves nothing; and a client who sends slowly keeps no write lock meanwhile.
    """

    size = 0

    def add(self, piece: bytes) -> None:
        self.connection.execute("CREATE TEMP TABLE IF NOT EXISTS incoming (number INTEGER PRIMARY KEY, content BLOB)")
        self.connection.execute("INSERT INTO incoming (content) VALUES (?)", (piece,))
        self.size += len(piece)

    def publish(self, key: str) -> None:
        """All of it, in place of what was there, in one transaction."""
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.execute("DELETE FROM piece WHERE key = ?", (key,))
            self.connection.execute("INSERT INTO piece SELECT ?, number, content FROM incoming", (key,))


class Download(Session):
    """A file on its way out, from byte `start` to before `stop`, from one snapshot: replaced or deleted meanwhile, it
    stays whole for this reader.
    """

    def __init__(self, database: Database, start: int, stop: int | None) -> None:
        super().__init__(database)
        self._offset, self._stop = start, stop

    def open(self, key: str) -> int | None:
        """The size of the file, or None if there is none."""
        self.connection.execute("BEGIN")
        measured = self.connection.execute("SELECT sum(length(content)) FROM piece WHERE key = ?", (key,))
        size: int | None = measured.fetchone()[0]
        self._pieces = self.connection.execute(
            # All pieces but the last are of one size, and they are counted from 1.
            "SELECT content FROM piece WHERE key = ? AND number > ? ORDER BY number",
            (key, self._offset // PIECE),
        )
        return size

    def read(self) -> bytes:
        """What is wanted of the next piece; nothing at the end."""
        row = self._pieces.fetchone()
        begin = self._offset % PIECE
        left = PIECE if self._stop is None else max(0, self._stop - self._offset)
        piece: bytes = row[0][begin : begin + left] if row else b""
        self._offset += len(piece)
        if not piece:
            self.close()
        return piece
