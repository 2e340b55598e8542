"""Media files: stored whole or not at all, under keys that cannot lead astray."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from socialfeed.application.ports.media import MediaStore
from socialfeed.domain.errors import Invalid
from socialfeed.testing.contracts.given import Rollback

GOOD_KEYS = (
    "a",
    "0-_.x",
    "posts/7/picture.webp",
    "a/b/c/d/e/f/g/h",
    "a..b/c--d/e__f",
    "x" * 200,
    f"{'d' * 99}/{'f' * 100}",
)
BAD_KEYS = (
    "",
    ".",
    "..",
    "../up",
    "a/../b",
    ".hidden",
    "a/.hidden",
    "/absolute",
    "a/",
    "a//b",
    "Upper",
    "with space",
    "a\\b",
    "a\0b",
    "a\n",
    "é",
    "٣",
    "a:b",
    "a%2e",
    "a/b/c/d/e/f/g/h/i",
    "x" * 201,
)


class MediaStoreContract:
    """Fixture: `media`, empty for each test."""

    async def test_it_answers(self, media: MediaStore) -> None:
        await media.check()

    async def test_a_file_comes_back_as_it_was_put(self, media: MediaStore) -> None:
        chunks = [bytes(range(256)) * 100, b"", b"\r\n\0", b"end"]
        whole = b"".join(chunks)
        assert await media.put("a/b.bin", stream(*chunks)) == len(whole)
        assert await content(media, "a/b.bin") == whole

    async def test_the_size_is_known_before_the_content_is_read(self, media: MediaStore) -> None:
        await media.put("sized", stream(b"12345", b"678"))
        stored = await media.get("sized")
        assert stored is not None
        assert stored.size == 8
        assert b"".join([chunk async for chunk in stored.chunks]) == b"12345678"

    async def test_a_file_may_be_empty(self, media: MediaStore) -> None:
        assert await media.put("empty", stream()) == 0
        assert await content(media, "empty") == b""

    async def test_a_file_of_megabytes_comes_back_whole(self, media: MediaStore) -> None:
        chunks = [bytes([n]) * 65_537 for n in range(60)]
        assert await media.put("large", stream(*chunks)) == 60 * 65_537
        assert await content(media, "large") == b"".join(chunks)

    async def test_a_part_of_a_file_can_be_read(self, media: MediaStore) -> None:
        chunks = [bytes([n]) * 65_537 for n in range(12)]
        whole = b"".join(chunks)
        await media.put("large", stream(*chunks))
        size = len(whole)
        ranges = [
            (0, 1),
            (1, None),
            (65_530, 65_550),
            (262_100, 262_200),  # where pieces of 256 KiB meet
            (262_144, 262_145),
            (100, size + 100),
            (size - 1, None),
            (0, size),
        ]
        for start, stop in ranges:
            stored = await media.get("large", start, stop)
            assert stored is not None
            assert stored.size == size
            assert b"".join([chunk async for chunk in stored.chunks]) == whole[start:stop], (start, stop)

    async def test_of_a_file_that_is_over_before_there_is_nothing(self, media: MediaStore) -> None:
        await media.put("small", stream(b"12345"))
        await media.put("empty", stream())
        for key, start, stop in (("small", 5, None), ("small", 7, 9), ("small", 3, 3), ("empty", 0, 1)):
            stored = await media.get(key, start, stop)
            assert stored is not None
            assert stored.size == (5 if key == "small" else 0)
            assert b"".join([chunk async for chunk in stored.chunks]) == b""
        assert await media.get("missing", 1, 2) is None

    async def test_what_was_never_put_is_none(self, media: MediaStore) -> None:
        await media.put("folder/file", stream(b"1"))
        assert await media.get("missing") is None
        assert await media.get("folder/missing") is None
        assert await media.get("folder") is None

    async def test_putting_again_replaces(self, media: MediaStore) -> None:
        await media.put("file", stream(b"a much longer first version"))
        assert await media.put("file", stream(b"second")) == 6
        assert await content(media, "file") == b"second"

    async def test_a_file_can_be_read_many_times(self, media: MediaStore) -> None:
        await media.put("file", stream(b"content"))
        contents = await asyncio.gather(*(content(media, "file") for _ in range(10)))
        assert contents == [b"content"] * 10

    async def test_deleting_is_idempotent_and_leaves_the_others(self, media: MediaStore) -> None:
        for key in ("a/one", "a/two", "one"):
            await media.put(key, stream(key.encode()))
        for _ in range(2):
            await media.delete("a/one")
            assert await media.get("a/one") is None
        assert await content(media, "a/two") == b"a/two"
        assert await content(media, "one") == b"one"

    async def test_a_deleted_file_can_be_put_again(self, media: MediaStore) -> None:
        await media.put("file", stream(b"first"))
        await media.delete("file")
        await media.put("file", stream(b"second"))
        assert await content(media, "file") == b"second"

    async def test_an_upload_that_fails_leaves_what_was_there(self, media: MediaStore) -> None:
        await media.put("there", stream(b"before"))
        for key in ("there", "new"):
            with pytest.raises(Rollback):
                await media.put(key, failing(b"half of the con"))
        assert await content(media, "there") == b"before"
        assert await media.get("new") is None

    async def test_an_upload_that_is_cancelled_leaves_what_was_there(self, media: MediaStore) -> None:
        await media.put("there", stream(b"before"))
        for key in ("there", "new"):
            stalled = asyncio.Event()
            task = asyncio.create_task(media.put(key, stalling(stalled, b"half of the con")))
            await stalled.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await content(media, "there") == b"before"
        assert await media.get("new") is None

    async def test_readers_find_the_old_file_until_the_new_one_is_whole(self, media: MediaStore) -> None:
        await media.put("file", stream(b"old"))
        stalled, go_on = asyncio.Event(), asyncio.Event()

        async def in_two_parts() -> AsyncIterator[bytes]:
            yield b"new "
            stalled.set()
            await go_on.wait()
            yield b"and whole"

        task = asyncio.create_task(media.put("file", in_two_parts()))
        await stalled.wait()
        assert await content(media, "file") == b"old"
        go_on.set()
        assert await task == 13
        assert await content(media, "file") == b"new and whole"

    async def test_simultaneous_uploads_leave_one_of_them_whole(self, media: MediaStore) -> None:
        versions = [bytes([n]) * 10_000 for n in range(12)]
        await asyncio.gather(*(media.put("hot", stream(v[:3_000], v[3_000:])) for v in versions))
        assert await content(media, "hot") in versions

    @pytest.mark.parametrize("key", GOOD_KEYS)
    async def test_a_good_key_is_taken(self, media: MediaStore, key: str) -> None:
        assert await media.get(key) is None
        await media.put(key, stream(b"content"))
        assert await content(media, key) == b"content"
        await media.delete(key)

    @pytest.mark.parametrize("key", BAD_KEYS)
    async def test_a_bad_key_is_refused(self, media: MediaStore, key: str) -> None:
        with pytest.raises(Invalid) as putting:
            await media.put(key, stream(b"content"))
        with pytest.raises(Invalid) as getting:
            await media.get(key)
        with pytest.raises(Invalid) as deleting:
            await media.delete(key)
        assert {refused.value.code for refused in (putting, getting, deleting)} == {"INVALID_KEY"}


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def failing(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
    raise Rollback


async def stalling(stalled: asyncio.Event, *chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
    stalled.set()
    await asyncio.Event().wait()


async def content(media: MediaStore, key: str) -> bytes | None:
    stored = await media.get(key)
    return stored and b"".join([chunk async for chunk in stored.chunks])
