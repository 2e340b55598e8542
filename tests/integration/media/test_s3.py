"""Media in a bucket. For servers that misbehave, see `test_s3_faults`."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from signal import SIGKILL

import pytest

from socialfeed.adapters.media import open_s3
from socialfeed.adapters.media.s3 import PART, PROBE
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.media import MediaStore
from socialfeed.container import open_app
from socialfeed.domain.errors import Unavailable
from socialfeed.settings import Settings
from socialfeed.testing.contracts.given import Rollback
from socialfeed.testing.contracts.media import MediaStoreContract, content, failing, stalling, stream
from tests.integration.media.s3_server import S3Server, running

PREFIXES = (f"test/{n}" for n in count())


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with running() as server:
        yield server


@pytest.fixture
def prefix() -> str:
    return next(PREFIXES)


@pytest.fixture
def context(tmp_path: Path) -> AdapterContext:
    return AdapterContext(SystemClock(), tmp_path)


@pytest.fixture
async def media(server: S3Server, prefix: str, context: AdapterContext) -> AsyncIterator[MediaStore]:
    async with open_s3(server.url(prefix=prefix), context) as store:
        yield store


class TestS3MediaStore(MediaStoreContract):
    """With the fixture `media` above."""


def of_parts(count: int) -> list[bytes]:
    """Chunks that make up so many parts and a little more, and do not end where parts do."""
    size = PART // 3 + 1
    return [bytes([n]) * size for n in range(3 * count)]


async def test_a_file_lies_below_the_prefix_of_the_bucket(media: MediaStore, server: S3Server, prefix: str) -> None:
    await media.put("posts/7/picture.webp", stream(b"abc"))

    assert f"{prefix}/posts/7/picture.webp" in server.objects()


async def test_the_top_of_a_bucket_needs_no_prefix(server: S3Server, context: AdapterContext) -> None:
    async with open_s3(server.url(), context) as media:
        await media.put("top", stream(b"abc"))

    assert {"top", PROBE} <= set(server.objects())


@pytest.mark.parametrize("size", [PART - 1, PART, PART + 1, 2 * PART])
async def test_a_file_about_as_large_as_a_part_comes_back_whole(media: MediaStore, size: int) -> None:
    whole = bytes(range(251)) * (size // 251) + b"x" * (size % 251)

    assert await media.put("file", stream(whole)) == size
    assert await content(media, "file") == whole


async def test_a_file_of_many_parts_comes_back_whole(media: MediaStore, server: S3Server) -> None:
    chunks = of_parts(5)

    assert await media.put("film", stream(*chunks)) == len(chunks) * len(chunks[0])
    assert await content(media, "film") == b"".join(chunks)
    assert server.unfinished() == []


async def test_nothing_is_left_of_a_large_upload_that_failed(media: MediaStore, server: S3Server, prefix: str) -> None:
    with pytest.raises(Rollback):
        await media.put("film", failing(*of_parts(2)))

    assert await media.get("film") is None
    assert server.unfinished() == []


async def test_nothing_is_left_of_a_large_upload_that_was_cancelled(media: MediaStore, server: S3Server) -> None:
    stalled = asyncio.Event()
    upload = asyncio.create_task(media.put("film", stalling(stalled, *of_parts(2))))
    await stalled.wait()
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload

    assert await media.get("film") is None
    assert server.unfinished() == []


WRITER = """
import asyncio, os, signal, sys
from pathlib import Path
from socialfeed.adapters.media import open_s3
from socialfeed.adapters.media.s3 import PART
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext

async def half_a_film():
    for _ in range(4):
        yield b"x" * PART
    os.kill(os.getpid(), signal.SIGKILL)
    yield b"never"

async def main():
    async with open_s3(sys.argv[1], AdapterContext(SystemClock(), Path())) as media:
        await media.put("film", half_a_film())

asyncio.run(main())
"""


async def test_a_writer_killed_half_way_leaves_nothing_for_readers(
    media: MediaStore, server: S3Server, prefix: str
) -> None:
    await media.put("film", stream(b"before"))
    killed = subprocess.run([sys.executable, "-c", WRITER, server.url(prefix=prefix)], check=False)

    assert killed.returncode == -SIGKILL
    assert server.unfinished() == [f"{prefix}/film"]
    assert await content(media, "film") == b"before"
    server.abort_unfinished()


async def test_the_environment_may_say_who_we_are_and_where_the_server_is(
    server: S3Server, context: AdapterContext, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)

    async with open_s3(f"s3://media/{prefix}", context) as media:
        await media.put("file", stream(b"abc"))
        assert await content(media, "file") == b"abc"


async def test_the_product_serves_media_from_a_bucket(server: S3Server, prefix: str, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, database_url="memory://", mail_url="memory://", media_url=server.url(prefix=prefix)
    )
    async with open_app(settings) as app:
        await app.media.put("file", stream(b"abc"))
        assert (await app.check())["media"] == "ok"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"secret": "hush"}, "SignatureDoesNotMatch"),
        ({"key": "nobody", "secret": "hush"}, "InvalidAccessKeyId"),
        ({"bucket": "nowhere"}, "NoSuchBucket"),
    ],
)
async def test_what_the_server_refuses_is_refused_at_the_start_in_one_line(
    server: S3Server, tmp_path: Path, wrong: dict[str, str], code: str
) -> None:
    settings = Settings(
        data_dir=tmp_path, database_url="memory://", mail_url="memory://", media_url=server.url(**wrong)
    )
    with pytest.raises(Unavailable) as refused:
        async with open_app(settings):
            raise AssertionError("opened")

    bucket = wrong.get("bucket", "media")
    assert str(refused.value) == (
        f"SOCIALFEED_MEDIA_URL: The bucket {bucket} at 127.0.0.1:{server.port} cannot be used: {code}."
    )
