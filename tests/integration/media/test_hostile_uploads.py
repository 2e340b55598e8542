"""Security statements 38 to 40, over files that nobody should send: `hostile` sends them."""

import asyncio
import json
import re
import socket
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from socialfeed.adapters.sql import migrate
from socialfeed.application.media.service import AT_ONCE_OF_ONE
from socialfeed.domain.permissions import ANONYMOUS
from socialfeed.testing.client import open_client
from tests.integration.cli.conftest import Server
from tests.integration.media.hostile import FILES, STREAMED
from tests.uploads import GPS, animation, opened, picture

GROWTH_MAX = 50_000_000

REFUSED = {
    "a PNG of 50,000 by 50,000": "MEDIA_TOO_MANY_PIXELS",
    "a JPEG of 50,000 by 50,000": "MEDIA_TOO_MANY_PIXELS",
    "a WebP of 50,000 by 50,000": "MEDIA_TOO_MANY_PIXELS",
    "a GIF of 50,000 by 50,000": "MEDIA_TOO_MANY_PIXELS",
    "a GIF of 10,001 frames": "MEDIA_TOO_MANY_FRAMES",
    "an animated PNG of 10,001 frames": "MEDIA_TOO_MANY_FRAMES",
    "an SVG named .jpg": "MEDIA_TYPE_NOT_ALLOWED",
    "an HTML page": "MEDIA_TYPE_NOT_ALLOWED",
    "a stream of 2 GB": "413 MEDIA_TOO_LARGE after 10 MB, closing",
}
FAILED = {"a truncated JPEG": "MEDIA_BROKEN", "a truncated PNG": "MEDIA_BROKEN"}
CLEANED = {
    "a JPEG with a script behind it": "READY",
    "a GIF with a script behind it": "READY",
    "a JPEG that says where it was taken": "READY",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def told(folder: Path) -> Any:
    """What became of each file, in a process of their own whose data lie in the folder."""
    program = [sys.executable, "-m", "tests.integration.media.hostile", str(folder)]
    ended = subprocess.run(program, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_38_hostile_files_are_refused_or_cleaned(told: Any) -> None:
    assert {name: each["outcome"] for name, each in told.items()} == {**REFUSED, **FAILED, **CLEANED}
    assert told.keys() == {*FILES, "a stream of 2 GB"}


def test_38_memory_grows_by_less_than_50_mb(told: Any) -> None:
    assert {name: each["growth"] for name, each in told.items() if each["growth"] >= GROWTH_MAX} == {}


def test_38_what_is_refused_from_its_header_is_never_decoded(told: Any) -> None:
    assert {name for name, each in told.items() if not each["child"]} == set(REFUSED)


def test_40_of_what_is_refused_or_broken_no_file_is_left(told: Any, folder: Path) -> None:
    assert {name: each["left"] for name, each in told.items() if each["left"] and name not in CLEANED} == {}
    outside = {path for path in folder.rglob("*") if path.is_file() and folder / "media" not in path.parents}
    assert outside == set()
    assert not list((folder / "media" / "incoming").glob("*"))


def test_39_of_what_is_cleaned_nothing_but_the_picture_is_kept(told: Any, folder: Path) -> None:
    files = [folder / path for name in CLEANED for path in told[name]["left"]]
    assert len(files) == 9
    for path in files:
        content = path.read_bytes()
        assert re.search(rb"CANARY|<script|Exif|GPS", content) is None, path
        assert GPS not in content
        assert opened(content).format in ("JPEG", "WEBP")


def test_40_files_have_names_that_the_server_made(told: Any) -> None:
    for name in CLEANED:
        assert all(re.fullmatch(r"media/[0-9a-f]{32}/(image|320|640)\.\w{3,4}", path) for path in told[name]["left"])


async def test_40_no_name_that_a_client_gives_gets_anywhere(tmp_path: Path) -> None:
    """Neither of the file nor of its part."""
    names = ("../../evil.png", "/etc/evil.png", "..\\evil.png", "evil.html", "a\0b", "C:evil")
    async with open_client(data_dir=tmp_path, media_url="") as client:
        ada = await client.sign_up("ada")
        for name in names:
            head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/html'
            body = f"--edge\r\n{head}\r\n\r\n".encode() + picture() + b"\r\n--edge--\r\n"
            sent = {"content-type": "multipart/form-data; boundary=edge"}
            taken = await ada.request("POST", "/api/media", body=body, headers=sent)
            assert taken.status == 202
            assert "evil" not in taken.body.decode()
        await client.settle()
        assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]
        stored = [path for path in (tmp_path / "media").rglob("*") if path.is_file()]
        assert len(stored) == len(names)


async def test_38_so_many_files_come_at_once_and_no_more(tmp_path: Path) -> None:
    """Whoever opens more uploads than that takes no more room on our disk."""
    async with open_client(data_dir=tmp_path) as client:
        ada = await client.sign_up("ada")
        actor = await client.app.services.sessions.actor(ada.token or "", ANONYMOUS)
        library = client.app.services.media
        async with AsyncExitStack() as stack:
            intakes = [await stack.enter_async_context(library.receiving(actor)) for _ in range(AT_ONCE_OF_ONE + 1)]
            codes = [intake.refusal and intake.refusal.code for intake in intakes]
            assert codes == [*[None] * AT_ONCE_OF_ONE, "TOO_MANY_PENDING"]
        async with library.receiving(actor) as again:
            assert again.refusal is None


def test_38_a_stream_of_2_gb_ends_with_its_connection(tmp_path: Path) -> None:
    """Over a real socket: the server answers, reads no more, and leaves nothing."""
    database, data = f"sqlite:///{tmp_path / 'socialfeed.sqlite3'}", tmp_path / "var"

    async def sign_up() -> str:
        await migrate(database)
        async with open_client(database_url=database, data_dir=data, media_url="") as client:
            return (await client.sign_up("ada")).token or ""

    token = asyncio.run(sign_up())
    server = Server(tmp_path, tmp_path / "server.log", database_url=database, data_dir=str(data))
    try:
        address = server.address().removeprefix("http://")
        before = {path for path in data.rglob("*") if path.is_file()}
        answer, sent = streamed_to(address, token)
        after = {path for path in data.rglob("*") if path.is_file()}
    finally:
        server.end()
    assert sent < 100_000_000
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"MEDIA_TOO_LARGE" in answer
    assert b"\r\nconnection: close\r\n" in answer.lower()
    assert after == before


def streamed_to(address: str, token: str) -> tuple[bytes, int]:
    """The answer to a picture without an end, and how many bytes of it went until the connection was closed."""
    host, _, port = address.partition(":")
    head = (
        f"POST /api/media HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: multipart/form-data; boundary=edge\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    form = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.gif"\r\n\r\n' + animation()
    chunk, sent = bytes(1_000_000), 0
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode() + b"%x\r\n%b\r\n" % (len(form), form))
        try:
            while sent < STREAMED:
                connection.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                sent += len(chunk)
        except ConnectionError:
            pass
        return connection.recv(65_536), sent
