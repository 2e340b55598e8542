import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from socialfeed.adapters.media import LocalMediaStore, open_local
from socialfeed.adapters.media.files import READ_SIZE, Incoming
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.media import MediaStore
from socialfeed.domain.errors import Invalid, Unavailable
from socialfeed.testing.contracts.media import MediaStoreContract

KEY = "posts/7/picture.webp"


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def content(store: MediaStore, key: str = KEY) -> bytes | None:
    stored = await store.get(key)
    return stored and b"".join([chunk async for chunk in stored.chunks])


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def context(tmp_path: Path) -> AdapterContext:
    return AdapterContext(SystemClock(), tmp_path)


@pytest.fixture
async def media(context: AdapterContext) -> AsyncIterator[MediaStore]:
    async with open_local("file://", context) as store:
        yield store


class TestLocalMediaStore(MediaStoreContract):
    """With the fixture `media` above."""


async def test_a_file_lies_at_the_path_its_key_spells(media: MediaStore, tmp_path: Path) -> None:
    await media.put(KEY, stream(b"abc"))

    assert (tmp_path / "media" / KEY).read_bytes() == b"abc"


async def test_nothing_is_left_of_a_write_that_was_cancelled(media: MediaStore, tmp_path: Path) -> None:
    stalled = asyncio.Event()

    async def upload() -> AsyncIterator[bytes]:
        yield b"x" * 1_000_000
        stalled.set()
        await asyncio.Event().wait()

    writing = asyncio.create_task(media.put(KEY, upload()))
    await stalled.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing

    assert await media.get(KEY) is None
    assert files_below(tmp_path) == set()


async def test_a_reader_who_goes_away_leaves_no_file_open(media: MediaStore) -> None:
    await media.put(KEY, stream(b"x" * (3 * READ_SIZE)))
    descriptors = Path("/dev/fd")
    before = len(list(descriptors.iterdir()))
    for _ in range(20):
        stored = await media.get(KEY)
        assert stored
        await anext(stored.chunks)
        del stored
    gc.collect()

    assert len(list(descriptors.iterdir())) == before


async def test_a_reader_keeps_the_file_it_opened_when_another_replaces_it(media: MediaStore) -> None:
    await media.put(KEY, stream(b"first"))
    stored = await media.get(KEY)
    await media.put(KEY, stream(b"second, and longer"))

    assert stored
    assert (stored.size, b"".join([chunk async for chunk in stored.chunks])) == (5, b"first")


async def test_a_name_cannot_be_both_a_file_and_a_folder(media: MediaStore) -> None:
    await media.put("posts/7", stream(b"a file"))

    with pytest.raises(Invalid) as refused:
        await media.put("posts/7/picture.webp", stream(b"below it"))
    assert refused.value.code == "INVALID_KEY"
    with pytest.raises(Invalid):
        await media.put("posts", stream(b"above it"))
    assert await media.get("posts") is None
    assert await content(media, "posts/7") == b"a file"


async def test_opening_removes_what_a_crash_left_but_not_what_another_process_writes(
    context: AdapterContext, tmp_path: Path
) -> None:
    incoming = tmp_path / "media" / ".incoming"
    incoming.mkdir(parents=True)
    (incoming / "abandoned").write_bytes(b"half of a pict")
    living = Incoming(incoming)

    async with open_local("file://", context) as store:
        assert not (incoming / "abandoned").exists()
        living.write(b"whole")
        living.publish(tmp_path / "media" / "picture", tmp_path / "media")
        living.close()
        assert await content(store, "picture") == b"whole"


async def test_a_folder_that_cannot_be_written_is_unavailable(media: MediaStore, tmp_path: Path) -> None:
    (tmp_path / "media" / ".incoming").rmdir()

    with pytest.raises(Unavailable):
        await media.check()
    with pytest.raises(Unavailable):
        await media.put(KEY, stream(b"abc"))


async def test_a_folder_anywhere_may_be_named(context: AdapterContext, tmp_path: Path) -> None:
    folder = tmp_path / "a folder" / "deep"
    async with open_local(folder.as_uri(), context) as store:
        await store.put("x", stream(b"abc"))

    assert (folder / "x").read_bytes() == b"abc"


@pytest.mark.parametrize("url", ["file://host/path", "file:relative", "file:///x?y=z", "file:///x#y", "file:///%00"])
async def test_a_url_that_names_no_folder_is_refused(context: AdapterContext, url: str) -> None:
    with pytest.raises(ValueError, match="file:///absolute/path"):
        async with open_local(url, context):
            raise AssertionError("opened")


async def test_a_folder_that_cannot_be_made_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = LocalMediaStore(tmp_path / "file" / "media")

    with pytest.raises(Unavailable):
        await store.prepare()
    store.close()
