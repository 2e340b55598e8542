"""A `MediaStore` for socialfeed that keeps everything in one SQLite file."""

from socialfeed_media_sqlite.store import SqliteMediaStore, open_sqlite_media

__all__ = ["SqliteMediaStore", "open_sqlite_media"]
