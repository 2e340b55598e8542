"""The product itself, keeping its media in this package's store."""

from collections.abc import AsyncIterator
from pathlib import Path

from socialfeed.testing.client import open_client


async def test_the_product_serves_a_stored_file(tmp_path: Path) -> None:
    picture = bytes(range(256)) * 4_000
    async with open_client(media_url=f"sqlitefile://{tmp_path}/media.db") as client:
        await client.app.media.put("posts/7/picture.webp", stream(picture))
        found = await client.request("GET", "/media/posts/7/picture.webp")
        missing = await client.request("GET", "/media/posts/8/picture.webp")

    assert (found.status, found.headers["content-length"], found.body) == (200, str(len(picture)), picture)
    assert missing.status == 404


async def test_files_outlive_a_restart(tmp_path: Path) -> None:
    url = f"sqlitefile://{tmp_path}/media.db"
    async with open_client(media_url=url) as client:
        await client.app.media.put("a/note", stream(b"still here"))
    async with open_client(media_url=url) as client:
        assert (await client.request("GET", "/media/a/note")).body == b"still here"


async def test_the_health_check_notices_when_files_cannot_be_written(tmp_path: Path) -> None:
    async with open_client(media_url=f"sqlitefile://{tmp_path}/media.db") as client:
        well = await client.request("GET", "/health/ready")
        (tmp_path / "media.db").unlink()
        ill = await client.request("GET", "/health/ready")

    assert (well.status, well.json()["checks"]["media"]) == (200, "ok")
    assert (ill.status, ill.json()["checks"]["media"]) == (
        503,
        "The media database cannot be used: SQLITE_CANTOPEN.",
    )


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
