"""The form of an operation that takes a file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus

from starlette.requests import Request

from socialfeed.application.media.service import MediaLibrary
from socialfeed.domain.permissions import Actor
from socialfeed.entrypoints.forms import FORM, is_form, read_form
from socialfeed.entrypoints.requests import BadRequest, malformed
from socialfeed.entrypoints.rest.operations import Upload

_KNOWN = {"file", "altText"}


@asynccontextmanager
async def read_upload(request: Request, library: MediaLibrary, actor: Actor) -> AsyncIterator[Upload]:
    """Raises `BadRequest`, and as `MediaLibrary.receiving`."""
    if not is_form(request):
        raise BadRequest(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", f"Send {FORM}.")
    receiving = partial(library.receiving, actor)
    async with read_form(request, receiving, files_max=1, file_max=library.largest) as form:
        unknown = next((name for name in (*form.fields, *form.files) if name not in _KNOWN), None)
        if unknown is not None:
            raise _unfit("UNKNOWN_FIELD", "There is no such field.", unknown[:100])
        if "file" not in form.files:
            raise _unfit("MISSING_FIELD", "This field is missing.", "file")
        try:
            alt_text = form.fields.get("altText", b"").decode()
        except UnicodeDecodeError:
            raise malformed("Text is sent as UTF-8.") from None
        yield Upload(form.files["file"], alt_text)


def _unfit(code: str, message: str, field: str) -> BadRequest:
    return BadRequest(HTTPStatus.UNPROCESSABLE_ENTITY, code, message, field=field)
