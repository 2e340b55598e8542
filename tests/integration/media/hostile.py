"""A program that sends the product files that nobody should send, and says what became of each.

A process of its own, so that what it had in memory at most is what these files took. It prints one object of JSON:
the name of each file, and its `outcome`, the `growth` of the peak of resident memory since before it in bytes, whether
a child process was started, and the files that are there now and were not before.
"""

import asyncio
import json
import resource
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from PIL import Image
from starlette.types import Message

from socialfeed.testing.client import Client, open_client
from tests.uploads import GPS, encoded, gif_of, gradient, picture, png_of

SCRIPT = b"<script>alert('SCRIPT-CANARY')</script>"
UPLOAD = "mutation ($file: Upload!) { uploadMedia(file: $file) { media { id } errors { code } } }"
STREAMED = 2_000_000_000


def exif_with_gps() -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0), 29: GPS.decode("latin-1")})
    return encoded(gradient((700, 500)), "image/jpeg", exif=exif)


def webp_of(width: int, height: int) -> bytes:
    """A WebP that says it is so large."""
    canvas = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunks = b"VP8X" + struct.pack("<I", 10) + canvas + picture("image/webp")[12:]
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def jpeg_of(side: int) -> bytes:
    content = picture("image/jpeg")
    place = content.index(b"\xff\xc0") + 5
    return content[:place] + struct.pack(">HH", side, side) + content[place + 4 :]


FILES: dict[str, Callable[[], bytes]] = {
    "a PNG of 50,000 by 50,000": lambda: png_of(50_000, 50_000),
    "a JPEG of 50,000 by 50,000": lambda: jpeg_of(50_000),
    "a WebP of 50,000 by 50,000": lambda: webp_of(50_000, 50_000),
    "a GIF of 50,000 by 50,000": lambda: gif_of(1, (50_000, 50_000)),
    "a GIF of 10,001 frames": lambda: gif_of(10_001),
    "an animated PNG of 10,001 frames": lambda: png_of(10, 10, frames=10_001),
    "an SVG named .jpg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'>%b</svg>" % SCRIPT,
    "an HTML page": lambda: b"<!doctype html>" + SCRIPT,
    "a truncated JPEG": lambda: picture("image/jpeg", (700, 500))[:-300],
    "a truncated PNG": lambda: picture("image/png", (700, 500))[:-300],
    "a JPEG with a script behind it": lambda: picture("image/jpeg", (700, 500)) + SCRIPT,
    "a GIF with a script behind it": lambda: picture("image/gif", (700, 500)) + SCRIPT,
    "a JPEG that says where it was taken": exif_with_gps,
}


async def main(folder: Path) -> None:
    told: dict[str, Any] = {}
    async with open_client(data_dir=folder, media_url="") as client:
        ada = await client.sign_up("ada")
        await sent(ada, picture("image/jpeg", (700, 500)))  # imports and caches are no growth
        for name, make in FILES.items():
            content = make()
            told[name] = await watched(folder, sent, ada, content)
        told["a stream of 2 GB"] = await watched(folder, streamed, ada)
    print(json.dumps(told))


async def watched(folder: Path, send: Callable[..., Awaitable[str]], *arguments: Any) -> dict[str, Any]:
    peak, children, before = peak_bytes(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, files(folder)
    outcome = await send(*arguments)
    return {
        "outcome": outcome,
        "growth": peak_bytes() - peak,
        "child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime > children,
        "left": sorted(str(path.relative_to(folder)) for path in files(folder) - before),
    }


async def sent(ada: Client, content: bytes) -> str:
    """The code of a refusal, or the state that it is in when the job is through."""
    taken = (await ada.run(UPLOAD, files={"file": content}))["uploadMedia"]
    if taken["errors"]:
        return str(taken["errors"][0]["code"])
    await ada.settle()
    found = await ada.run("query ($id: ID!) { media(id: $id) { status failure } }", {"id": taken["media"]["id"]})
    return str(found["media"]["failure"] or found["media"]["status"])


async def streamed(ada: Client) -> str:
    """A GIF without an end, to REST: the code of the refusal, and how much was read until then."""
    edge = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.gif"\r\n\r\n'
    taken = 0
    answers: list[Message] = []

    async def content() -> AsyncIterator[bytes]:
        yield edge + gif_of(1)[:-1]
        for _ in range(STREAMED // 65_536):
            yield bytes(65_536)

    source = content()

    async def receive() -> Message:
        nonlocal taken
        chunk = await anext(source)
        taken += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(message: Message) -> None:
        answers.append(message)

    names = {"host": "testserver", "authorization": f"Bearer {ada.token}"}
    names["content-type"] = "multipart/form-data; boundary=edge"
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/media",
        "raw_path": b"/api/media",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in names.items()],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }
    await ada.asgi(scope, receive, send)
    problem = json.loads(b"".join(answer.get("body", b"") for answer in answers))
    closes = (b"connection", b"close") in answers[0]["headers"]
    return f"{problem['status']} {problem['code']} after {taken // 1_000_000} MB{', closing' if closes else ''}"


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
