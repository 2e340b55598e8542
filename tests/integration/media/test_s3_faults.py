"""Media in a bucket whose server is away, hangs or breaks off: nothing waits long, nothing is half there."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from socialfeed.adapters.media import open_s3, s3
from socialfeed.adapters.media.s3 import PART
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.container import open_app
from socialfeed.domain.errors import Unavailable
from socialfeed.settings import Settings, SettingsError
from socialfeed.testing.contracts.media import stream
from tests.integration.media.s3_server import S3Server, running
from tests.services.launch import free_port

LOGIN = "KEY:hush"
PATIENCE = 10.0
OK = b'HTTP/1.1 200 OK\r\nETag: "x"\r\nContent-Length: 0\r\n\r\n'

Answer = Callable[[bytes], AsyncIterator[bytes]]


@pytest.fixture
def context(tmp_path: Path) -> AdapterContext:
    return AdapterContext(SystemClock(), tmp_path)


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[str]:
    """A server that gives `answer` to the head of each first request and hangs up. The URL of a bucket there."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async for said in answer(await reader.readuntil(b"\r\n\r\n")):
                writer.write(said)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"s3://{LOGIN}@media?endpoint=http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def never(_head: bytes) -> AsyncIterator[bytes]:
    await asyncio.sleep(PATIENCE)
    yield b""


async def hanging_up(_head: bytes) -> AsyncIterator[bytes]:
    yield b""


async def test_a_server_that_is_away_is_refused_at_the_start(tmp_path: Path) -> None:
    port = free_port()
    url = f"s3://{LOGIN}@media?endpoint=http://127.0.0.1:{port}"
    with pytest.raises(Unavailable) as refused:
        async with (
            asyncio.timeout(PATIENCE),
            open_app(Settings(data_dir=tmp_path, database_url="memory://", media_url=url)),
        ):
            raise AssertionError("opened")

    assert str(refused.value) == f"SOCIALFEED_MEDIA_URL: The bucket media at 127.0.0.1:{port} does not answer."


async def test_a_server_that_goes_away_makes_media_unavailable(context: AdapterContext) -> None:
    with running() as server:
        async with open_s3(server.url(), context) as media:
            await media.put("file", stream(b"abc"))
            server.kill()

            async with asyncio.timeout(PATIENCE):
                for call in (media.check(), media.get("file"), media.delete("file"), media.put("file", stream(b"x"))):
                    with pytest.raises(Unavailable, match=r"^The bucket media at [^\n]* does not answer\.$"):
                        await call


async def test_a_server_that_dies_during_a_large_upload_does_not_hold_up_the_sender(context: AdapterContext) -> None:
    async def film(server: S3Server) -> AsyncIterator[bytes]:
        for _ in range(2):
            yield b"x" * PART
        server.kill()
        for _ in range(20):
            yield b"x" * PART

    with running() as server:
        async with open_s3(server.url(), context) as media, asyncio.timeout(PATIENCE):
            with pytest.raises(Unavailable):
                await media.put("film", film(server))


async def test_a_server_that_hangs_costs_a_bounded_time(
    context: AdapterContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(s3, "UPLOAD_SECONDS", 0.2)
    async with answering(never) as url:
        with pytest.raises(Unavailable, match=r"does not answer\.$"):
            async with asyncio.timeout(PATIENCE), open_s3(url, context):
                raise AssertionError("opened")


@pytest.mark.parametrize("ending", [never, hanging_up])
async def test_a_download_that_breaks_off_is_no_shorter_file(
    context: AdapterContext, monkeypatch: pytest.MonkeyPatch, ending: Answer
) -> None:
    monkeypatch.setattr(s3, "UPLOAD_SECONDS", 0.5)
    half = b"HTTP/1.1 200 OK\r\nLast-Modified: Sat, 21 Nov 2026 12:00:00 GMT\r\nContent-Length: 9\r\n\r\nhalf"

    async def answer(head: bytes) -> AsyncIterator[bytes]:
        if head.startswith(b"PUT"):
            yield OK
            return
        yield half
        async for rest in ending(head):
            yield rest

    async with answering(answer) as url, open_s3(url, context) as media, asyncio.timeout(PATIENCE):
        stored = await media.get("file")
        assert stored
        with pytest.raises(Unavailable):
            assert b"".join([chunk async for chunk in stored.chunks]) == b"half"


async def test_a_reader_may_pause_longer_than_a_server_may(
    context: AdapterContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = b"x" * (4 * PART)
    with running() as server:
        async with open_s3(server.url(), context) as media:
            await media.put("film", stream(whole))

        monkeypatch.setattr(s3, "UPLOAD_SECONDS", 1)
        async with open_s3(server.url(), context) as media:
            stored = await media.get("film")
            assert stored
            read = await anext(stored.chunks)
            await asyncio.sleep(1.5)
            read += b"".join([chunk async for chunk in stored.chunks])

    assert read == whole


async def test_a_session_token_of_the_environment_does_not_join_the_credentials_of_a_url(
    context: AdapterContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = []

    async def answer(head: bytes) -> AsyncIterator[bytes]:
        heads.append(head.lower())
        yield OK

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-another")
    async with answering(answer) as url, open_s3(url, context):
        pass

    assert b"credential=key/" in heads[0]
    assert b"x-amz-security-token" not in heads[0]


async def test_an_environment_that_contradicts_itself_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "perhaps")
    settings = Settings(data_dir=tmp_path, database_url="memory://", media_url=f"s3://{LOGIN}@media")
    with pytest.raises(SettingsError, match=r"^SOCIALFEED_MEDIA_URL: The AWS_ variables [^\n]*$"):
        async with open_app(settings):
            raise AssertionError("opened")


NOT_INSTALLED = """
import asyncio, sys
sys.modules["obstore"] = None
from socialfeed.container import open_app
from socialfeed.settings import Settings, SettingsError

async def main():
    async with open_app(Settings(data_dir=sys.argv[1], database_url="memory://")):
        assert "socialfeed.adapters.media.s3" not in sys.modules
    try:
        async with open_app(Settings(data_dir=sys.argv[1], database_url="memory://", media_url=sys.argv[2])):
            pass
    except SettingsError as error:
        print(error, end="")

asyncio.run(main())
"""


def test_without_the_extra_the_product_starts_and_one_line_says_what_a_bucket_needs(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", NOT_INSTALLED, str(tmp_path), f"s3://{LOGIN}@media"]
    said = subprocess.run(arguments, capture_output=True, text=True, check=True)

    assert said.stdout == "SOCIALFEED_MEDIA_URL: A bucket needs the extra: pip install 'socialfeed[s3]'"
