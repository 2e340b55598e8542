import asyncio
import gc
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from signal import SIGKILL

import pytest
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.media import MediaStore
from socialfeed.domain.errors import Unavailable
from socialfeed.testing import FixedClock
from socialfeed.testing.contracts.media import MediaStoreContract

from socialfeed_media_sqlite import SqliteMediaStore, open_sqlite_media
from socialfeed_media_sqlite.database import PIECE, Upload

KEY = "posts/7/picture.webp"


@pytest.fixture
def context(tmp_path: Path) -> AdapterContext:
    return AdapterContext(FixedClock(), tmp_path)


@pytest.fixture
async def media(context: AdapterContext) -> AsyncIterator[MediaStore]:
    async with open_sqlite_media("sqlitefile://", context) as store:
        yield store


class TestSqliteMediaStore(MediaStoreContract):
    """Everything the port promises."""


# What is true of this adapter beyond the port.


async def test_pieces_that_are_read_are_small_whatever_was_put(media: MediaStore) -> None:
    large = bytes(range(256)) * (3 * PIECE // 256) + b"end"
    await media.put(KEY, stream(large))

    stored = await media.get(KEY)
    assert stored
    pieces = [piece async for piece in stored.chunks]
    assert b"".join(pieces) == large
    assert [len(piece) for piece in pieces] == [PIECE, PIECE, PIECE, 3]


async def test_a_reader_keeps_the_file_it_opened_though_it_is_replaced_and_deleted(media: MediaStore) -> None:
    first = b"1" * (2 * PIECE)
    await media.put(KEY, stream(first))
    stored = await media.get(KEY)
    assert stored
    begun = await anext(stored.chunks)
    await media.put(KEY, stream(b"second"))
    await media.delete(KEY)

    assert begun + await rest(stored.chunks) == first
    assert await media.get(KEY) is None


async def test_a_reader_who_goes_away_lets_go_of_the_log(media: MediaStore, tmp_path: Path) -> None:
    await media.put(KEY, stream(b"x" * (3 * PIECE)))
    begun, untouched = await media.get(KEY), await media.get(KEY)
    assert begun
    assert untouched
    await anext(begun.chunks)
    assert log_is_held(tmp_path / "media.db")

    del begun, untouched
    gc.collect()
    async with asyncio.timeout(20):  # the thread that read last may be letting go of its connection just now
        while log_is_held(tmp_path / "media.db"):
            await asyncio.sleep(0.01)


async def test_a_slow_upload_holds_nobody_up(media: MediaStore) -> None:
    stalled, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"x" * (2 * PIECE)
        stalled.set()
        await go_on.wait()

    uploads = [asyncio.create_task(media.put(f"slow/{number}", slow())) for number in range(10)]
    await stalled.wait()
    await media.put(KEY, stream(b"quick"))
    assert await content(media) == b"quick"

    go_on.set()
    assert await asyncio.gather(*uploads) == [2 * PIECE] * 10


async def test_readers_and_the_loop_go_on_while_a_writer_waits_for_another_process(
    media: MediaStore, tmp_path: Path
) -> None:
    await media.put(KEY, stream(b"before"))
    with write_lock(tmp_path / "media.db"):
        waiting = asyncio.create_task(media.put(KEY, stream(b"after")))
        for _ in range(10):
            assert await content(media) == b"before"
        assert not waiting.done()
    await waiting

    assert await content(media) == b"after"


async def test_a_writer_who_waits_too_long_gives_up_and_changes_nothing(tmp_path: Path) -> None:
    store = SqliteMediaStore(tmp_path / "media.db", patience=0.05)
    await store.prepare()
    await store.put(KEY, stream(b"before"))
    with write_lock(tmp_path / "media.db"):
        for attempt in (store.put(KEY, stream(b"after")), store.delete(KEY), store.check()):
            with pytest.raises(Unavailable, match="SQLITE_BUSY"):
                await attempt

    assert await content(store) == b"before"
    await store.close()


async def test_a_writer_cancelled_again_and_again_waits_for_its_thread(
    media: MediaStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, publishing = Upload.publish, threading.Event()

    def announced(upload: Upload, key: str) -> None:
        publishing.set()
        publish(upload, key)

    monkeypatch.setattr(Upload, "publish", announced)
    with write_lock(tmp_path / "media.db"):
        writing = asyncio.create_task(media.put(KEY, stream(b"whole")))
        await asyncio.to_thread(publishing.wait)
        for _ in range(10):
            writing.cancel()
            assert await media.get(KEY) is None
        assert not writing.done()
    with pytest.raises(asyncio.CancelledError):
        await writing

    assert await content(media) == b"whole"


async def test_processes_share_one_file(media: MediaStore, context: AdapterContext) -> None:
    async with open_sqlite_media("sqlitefile://", context) as other:
        await other.put(KEY, stream(b"from the other one"))
        assert await content(media) == b"from the other one"
        await media.delete(KEY)
        assert await other.get(KEY) is None


KILLED_HALF_WAY = """
import asyncio, os, signal, sys
from pathlib import Path
from socialfeed_media_sqlite import SqliteMediaStore

async def half_a_picture():
    yield b"x" * 1_000_000
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    store = SqliteMediaStore(Path(sys.argv[1]))
    await store.prepare()
    await store.put("posts/7/picture.webp", half_a_picture())

asyncio.run(main())
"""


async def test_of_a_writer_killed_half_way_nothing_is_left(media: MediaStore, tmp_path: Path) -> None:
    await media.put(KEY, stream(b"before"))
    database = tmp_path / "media.db"
    killed = subprocess.run([sys.executable, "-c", KILLED_HALF_WAY, str(database)], check=False)

    assert killed.returncode == -SIGKILL
    assert await content(media) == b"before"
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM piece").fetchone() == (1,)


async def test_a_file_anywhere_may_be_named(context: AdapterContext, tmp_path: Path) -> None:
    path = tmp_path / "a folder?" / "médias.db"
    async with open_sqlite_media(path.as_uri().replace("file:", "sqlitefile:"), context) as store:
        await store.put(KEY, stream(b"abc"))

    assert path.exists()


@pytest.mark.parametrize("tail", ["//host/a.db", "relative.db", "///", "///a/", "///a.db?x=y", "///a.db#y", "///%00"])
async def test_a_url_that_names_no_file_is_refused(context: AdapterContext, tail: str) -> None:
    with pytest.raises(ValueError, match="sqlitefile:///absolute/path"):
        async with open_sqlite_media(f"sqlitefile:{tail}", context):
            raise AssertionError("opened")


async def test_a_file_that_is_no_database_is_refused_at_the_start(context: AdapterContext, tmp_path: Path) -> None:
    (tmp_path / "media.db").write_text("something else entirely\n" * 100)
    with pytest.raises(Unavailable, match="SQLITE_NOTADB"):
        async with open_sqlite_media("sqlitefile://", context):
            raise AssertionError("opened")


async def test_a_folder_that_cannot_be_made_is_refused_at_the_start(context: AdapterContext, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match=r"File exists|Not a directory") as refused:
        async with open_sqlite_media(f"sqlitefile://{tmp_path}/file/media.db", context):
            raise AssertionError("opened")
    assert str(tmp_path) not in str(refused.value)


async def test_a_file_that_vanished_is_unavailable(media: MediaStore, tmp_path: Path) -> None:
    for path in tmp_path.glob("media.db*"):
        path.unlink()

    for attempt in (media.check(), media.get(KEY), media.put(KEY, stream(b"abc")), media.delete(KEY)):
        with pytest.raises(Unavailable, match="SQLITE_CANTOPEN"):
            await attempt
    assert not (tmp_path / "media.db").exists()


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def rest(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def content(store: MediaStore) -> bytes | None:
    stored = await store.get(KEY)
    return stored and await rest(stored.chunks)


@contextmanager
def write_lock(database: Path) -> Iterator[None]:
    """What another process holds while it writes."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


def log_is_held(database: Path) -> bool:
    """Whether readers keep the write-ahead log from being emptied."""
    with closing(sqlite3.connect(database, timeout=0)) as connection:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return bool(busy)
