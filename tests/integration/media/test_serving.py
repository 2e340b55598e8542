"""What a browser gets, from each kind of store: the whole file or a part of it, to be shown and nothing else."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from socialfeed.testing.client import Client, Response, open_client
from socialfeed.testing.contracts.media import stream
from tests.integration.media.s3_server import S3Server, running
from tests.uploads import opened, picture

KEY = "0123456789abcdef0123456789abcdef/image.webp"
CONTENT = bytes(range(256)) * 2_000
SIZE = len(CONTENT)


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with running() as server:
        yield server


@pytest.fixture(params=["file", "memory", "s3"])
async def client(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Client]:
    urls = {"file": "", "memory": "memory://"}
    url = urls[request.param] if request.param in urls else request.getfixturevalue("server").url(prefix="served")
    async with open_client(data_dir=tmp_path, media_url=url) as client:
        await client.app.media.put(KEY, stream(CONTENT[:7], CONTENT[7:]))
        yield client


async def get(client: Client, method: str = "GET", key: str = KEY, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.request(method, f"/media/{key}", headers=named)


async def test_40_a_file_is_to_be_shown_and_kept_and_nothing_else(client: Client) -> None:
    found = await get(client)
    assert (found.status, found.body) == (200, CONTENT)
    expected = {
        "accept-ranges": "bytes",
        "cache-control": "public, max-age=31536000, immutable",
        "content-disposition": "inline",
        "content-length": str(SIZE),
        "content-security-policy": "default-src 'none'; sandbox",
        "content-type": "image/webp",
        "cross-origin-resource-policy": "cross-origin",
        "x-content-type-options": "nosniff",
    }
    assert {name: found.headers.get(name) for name in expected} == expected
    assert "set-cookie" not in found.headers


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, SIZE),
        ("bytes=100-299", 100, 300),
        (f"bytes=300-{SIZE + 50}", 300, SIZE),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        ("bytes=-5", SIZE - 5, SIZE),
        (f"bytes=-{SIZE + 9}", 0, SIZE),
        (" bytes=4-7 ", 4, 8),
    ],
)
async def test_a_part_of_a_file_is_served(client: Client, asked: str, start: int, stop: int) -> None:
    part = await get(client, range=asked)
    assert (part.status, part.body) == (206, CONTENT[start:stop])
    assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert part.headers["content-length"] == str(stop - start)
    assert part.headers["etag"] == (await get(client)).headers["etag"]


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 7}-{SIZE + 9}", "bytes=-0"])
async def test_a_part_that_is_not_there_is_refused_with_the_size(client: Client, asked: str) -> None:
    refused = await get(client, range=asked)
    assert (refused.status, refused.body) == (416, b"")
    assert refused.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked",
    ["bytes=5-4", "bytes=a-b", "bytes=0-1,4-5", "items=0-1", "bytes=", "bytes=-", "bytes=٣-٤", "bytes=" + "9" * 99],
)
async def test_what_is_no_range_or_several_gets_the_whole(client: Client, asked: str) -> None:
    found = await client.request("GET", f"/media/{KEY}", headers={"range": asked.encode().decode("latin-1")})
    assert (found.status, len(found.body)) == (200, SIZE)


async def test_a_part_of_another_file_is_the_whole_of_this(client: Client) -> None:
    tag = (await get(client)).headers["etag"]
    assert (await get(client, range="bytes=0-1", if_range=tag)).status == 206
    for other in ('"another"', f"W/{tag}", "Wed, 21 Oct 2026 07:28:00 GMT"):
        assert (await get(client, range="bytes=0-1", if_range=other)).status == 200


async def test_who_has_it_already_is_told_so(client: Client) -> None:
    tag = (await get(client)).headers["etag"]
    for known in (tag, f'"another", {tag}', f"W/{tag}"):
        again = await get(client, if_none_match=known)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"].endswith("immutable")
    assert (await get(client, if_none_match='"another"')).status == 200


async def test_the_headers_alone_say_how_large_it_is(client: Client) -> None:
    found = await get(client, "HEAD")
    assert (found.status, found.body, found.headers["content-length"]) == (200, b"", str(SIZE))


@pytest.mark.parametrize(
    ("name", "content_type", "disposition"),
    [
        ("image.jpg", "image/jpeg", "inline"),
        ("image.png", "image/png", "inline"),
        ("video.mp4", "video/mp4", "inline"),
        ("video.webm", "video/webm", "inline"),
        ("page.html", "application/octet-stream", "attachment"),
        ("image.svg", "application/octet-stream", "attachment"),
        ("image", "application/octet-stream", "attachment"),
    ],
)
async def test_40_only_what_we_make_is_called_by_its_type(
    client: Client, name: str, content_type: str, disposition: str
) -> None:
    await client.app.media.put(f"abc/{name}", stream(b"<script>alert(1)</script>"))
    found = await get(client, key=f"abc/{name}")
    assert (found.headers["content-type"], found.headers["content-disposition"]) == (content_type, disposition)
    assert found.headers["x-content-type-options"] == "nosniff"


async def test_40_what_nobody_has_processed_is_never_served(client: Client) -> None:
    await client.app.media.put("incoming/abc", stream(b"<script>alert(1)</script>"))
    for key in ("incoming/abc", "incoming//abc", "./incoming/abc", "x/../incoming/abc", "incoming/", "incoming"):
        assert (await get(client, key=key)).status == 404


@pytest.mark.parametrize("key", ["missing", "0123456789abcdef0123456789abcdef", "../secrets", "UPPER", "a%00b", ""])
async def test_what_is_not_there_is_not_found(client: Client, key: str) -> None:
    for headers in ({}, {"range": "bytes=0-5"}, {"range": "bytes=-5"}):
        missing = await get(client, key=key, **headers)
        assert (missing.status, missing.body) == (404, b"Not found.\n")
        assert "cache-control" not in missing.headers


async def test_an_upload_becomes_a_picture_in_every_kind_of_store(client: Client) -> None:
    ada = await client.sign_up("ada")
    taken = (await ada.form("/api/media", {}, {"file": picture("image/jpeg", (700, 500))})).json()
    await client.settle()
    ready = (await ada.request("GET", f"/api/media/{taken['id']}")).json()
    assert ready["status"] == "READY"
    for url in (ready["url"], *(rendition["url"] for rendition in ready["renditions"])):
        served = await client.request("GET", url)
        assert (served.status, opened(served.body).format) == (200, "JPEG" if url.endswith(".jpg") else "WEBP")
    assert (await ada.request("DELETE", f"/api/media/{taken['id']}")).status == 204
    await client.settle()
    assert (await client.request("GET", ready["url"])).status == 404
