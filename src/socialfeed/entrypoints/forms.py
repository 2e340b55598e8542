"""multipart/form-data (RFC 7578) as it comes, its files straight to disk."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from socialfeed.application.media.intake import Intake
from socialfeed.entrypoints.requests import MAX_BODY, BadRequest, declared_length, malformed, too_large

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FORM = "multipart/form-data"

PARTS_MAX = 8

SECONDS = 600
"""For the whole of a form to come: a slow line should manage, and nobody hold a place for ever."""

Receiving = Callable[[], AbstractAsyncContextManager[Intake]]


@dataclass(slots=True)
class Form:
    """`fields` as they were sent; `files` by the name of their part. A file that was refused is the last thing read."""

    fields: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, Intake] = field(default_factory=dict)


class Part(NamedTuple):
    """Where a part begins; its content follows."""

    name: str
    is_file: bool


def is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM


@asynccontextmanager
async def read_form(request: Request, receiving: Receiving, *, files_max: int, file_max: int) -> AsyncIterator[Form]:
    """The form, whose files are there as long as the context is held. Raises `BadRequest`, and what `receiving` raises.

    Whatever becomes of it, the answer must go through `closing`.
    """
    if declared_length(request) > files_max * file_max + MAX_BODY:
        raise too_large(file_max)
    async with AsyncExitStack() as stack:
        form = Form()
        try:
            async with asyncio.timeout(SECONDS):
                await _fill(form, request, stack, receiving, files_max)
        except TimeoutError:
            raise BadRequest(HTTPStatus.REQUEST_TIMEOUT, "TOO_SLOW", "This took too long.") from None
        yield form


def closing(request: Request, response: Response) -> Response:
    """The answer, which ends the connection where the client may still be sending a form that nobody will read."""
    if is_form(request) and not getattr(request.state, "body_is_read", False):
        response.headers["Connection"] = "close"
    return response


async def _fill(form: Form, request: Request, stack: AsyncExitStack, receiving: Receiving, files_max: int) -> None:
    name, intake = "", None
    async for event in _parts(request):
        if isinstance(event, Part):
            name, intake = event.name, None
            if name in form.fields or name in form.files:
                raise malformed("Two parts of the form have the same name.")
            if event.is_file:
                if len(form.files) >= files_max:
                    raise malformed(f"At most {files_max} files a request.")
                form.files[name] = intake = await stack.enter_async_context(receiving())
            else:
                form.fields[name] = b""
        elif intake is None:
            form.fields[name] += event
        else:
            await intake.write(event)
        if intake is not None and intake.refusal is not None:
            return
    request.state.body_is_read = True


async def _parts(request: Request) -> AsyncIterator[Part | bytes]:
    """Each part, followed by its content in pieces. What is not content of files may be as long as other bodies."""
    events: list[Part | bytes] = []
    reader = _Reader(events)
    parser = _parser(request, reader)
    around = 0
    try:
        async for chunk in request.stream():
            parser.write(chunk)
            around += len(chunk) - reader.bytes_of_files
            reader.bytes_of_files = 0
            if around > MAX_BODY:
                raise too_large(MAX_BODY)
            for event in events:
                yield event
            events.clear()
    except ClientDisconnect:
        raise malformed("The request broke off.") from None
    except FormParserError:
        raise malformed("This is not a valid form.") from None
    if not reader.is_whole:
        raise malformed("The form has no end.")


def _parser(request: Request, reader: "_Reader") -> MultipartParser:
    _, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if not boundary:
        raise malformed("The form has no boundary.")
    callbacks: MultipartCallbacks = {
        "on_part_begin": reader.begin,
        "on_header_field": reader.header_name,
        "on_header_value": reader.header_value,
        "on_header_end": reader.header_end,
        "on_headers_finished": reader.headers_end,
        "on_part_data": reader.data,
        "on_end": reader.end,
    }
    try:
        return MultipartParser(boundary, callbacks)
    except FormParserError:
        raise malformed("The form's boundary is too long.") from None


class _Reader:
    """What the parser calls; what becomes of it is in `events`."""

    def __init__(self, events: list[Part | bytes]) -> None:
        self.is_whole = False
        self.bytes_of_files = 0
        self._events = events
        self._parts = 0
        self._in_file = False
        self._name, self._value, self._disposition = b"", b"", b""

    def begin(self) -> None:
        self._parts += 1
        if self._parts > PARTS_MAX:
            raise malformed(f"At most {PARTS_MAX} parts a form.")
        self._disposition = b""

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name = self._value = b""

    def headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name")
        if name is None:
            raise malformed("A part of the form has no name.")
        self._in_file = b"filename" in options
        self._events.append(Part(name.decode(errors="replace"), self._in_file))

    def data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self.bytes_of_files += end - start
        self._events.append(data[start:end])

    def end(self) -> None:
        self.is_whole = True
