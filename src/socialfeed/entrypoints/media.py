"""Serving media: what a browser may keep for ever, read in parts, and do nothing with but show."""

import hashlib
import re
from http import HTTPStatus
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from socialfeed.application.ports.media import MediaStore
from socialfeed.container import App
from socialfeed.domain.errors import Invalid, Unavailable
from socialfeed.domain.media import EXTENSIONS

POLICY = "default-src 'none'; sandbox"

NOT_SERVED = "incoming/"
"""What lies here nobody has processed."""

_TYPES = {extension: content_type for content_type, extension in EXTENSIONS.items()}
_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{1,18})?|-(\d{1,18}))", re.ASCII)


class Range(NamedTuple):
    """From byte `start` to before `stop`; the last `-start` bytes where it is negative."""

    start: int
    stop: int | None


async def serve_media(request: Request) -> Response:
    """One file of the store, or one part of it (RFC 9110, section 14). Its name says what it is: the server made it."""
    app: App = request.state.app
    key: str = request.path_params["key"]
    if key.startswith(NOT_SERVED):
        return _missing()
    headers = _headers(key)
    if headers["ETag"] in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    try:
        answer = await _answer(app.media, key, _wanted(request, headers["ETag"]), headers)
    except Invalid:
        return _missing()
    except Unavailable as error:
        return PlainTextResponse(f"{error}\n", HTTPStatus.SERVICE_UNAVAILABLE)
    if request.method == "HEAD":
        return Response(status_code=answer.status_code, headers=answer.headers)
    return answer


async def _answer(store: MediaStore, key: str, wanted: Range | None, headers: dict[str, str]) -> Response:
    start, stop = wanted or (0, None)
    if start < 0:
        whole = await store.get(key)
        start = max(0, whole.size + start) if whole is not None else 0
    file = await store.get(key, start, stop)
    if file is None:
        return _missing()
    content_type = headers.pop("Content-Type")
    if wanted is None:
        headers["Content-Length"] = str(file.size)
        return StreamingResponse(file.chunks, headers=headers, media_type=content_type)
    stop = file.size if stop is None else min(stop, file.size)
    if start >= stop:
        headers = {"Content-Range": f"bytes */{file.size}"}
        return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    headers |= {"Content-Length": str(stop - start), "Content-Range": f"bytes {start}-{stop - 1}/{file.size}"}
    return StreamingResponse(file.chunks, HTTPStatus.PARTIAL_CONTENT, headers, content_type)


def _headers(key: str) -> dict[str, str]:
    content_type = _TYPES.get(key.rpartition(".")[2])
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Disposition": "inline" if content_type else "attachment",
        "Content-Security-Policy": POLICY,
        "Content-Type": content_type or "application/octet-stream",
        "Cross-Origin-Resource-Policy": "cross-origin",
        # A file never changes under its name, so the name is as good as the content.
        "ETag": f'"{hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()[:32]}"',
        "X-Content-Type-Options": "nosniff",
    }


def _tags(header: str) -> set[str]:
    """Weak ones are as good where the whole file is meant."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _wanted(request: Request, tag: str) -> Range | None:
    """None for the whole file, which is also what one gets who asks for several parts, or for one of another file."""
    condition = request.headers.get("if-range")
    match = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if match is None or (condition is not None and condition != tag):
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        return Range(-int(suffix), None) if int(suffix) else Range(0, 0)
    if last is not None and int(last) < int(first):
        return None  # no range by the grammar, so it is ignored
    return Range(int(first), None if last is None else int(last) + 1)


def _missing() -> Response:
    return PlainTextResponse("Not found.\n", HTTPStatus.NOT_FOUND)
