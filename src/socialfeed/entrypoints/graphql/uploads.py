"""Operations with files: the GraphQL multipart request specification (Jayden Seric, github.com/jaydenseric/
graphql-multipart-request-spec), version 2.

A form needs a header that no web page can send to another site without asking it first, so that nobody is made to send
one unknowingly.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request

from socialfeed.application.media.intake import Intake
from socialfeed.application.media.service import MediaLibrary
from socialfeed.domain.permissions import Actor
from socialfeed.entrypoints.forms import Form, read_form
from socialfeed.entrypoints.graphql.execution import Operation
from socialfeed.entrypoints.graphql.operations import operation_of
from socialfeed.entrypoints.graphql.protocol import has_preflight
from socialfeed.entrypoints.requests import BadRequest, decode_json, malformed

FILES_MAX = 4

PATHS_MAX = 16
"""Places for files in one operation."""


def check_preflight(request: Request) -> None:
    if not has_preflight(request):
        message = "Send the header GraphQL-Preflight: 1 with a form."
        raise BadRequest(HTTPStatus.BAD_REQUEST, "PREFLIGHT_REQUIRED", message)


@asynccontextmanager
async def read_upload(request: Request, library: MediaLibrary, actor: Actor) -> AsyncIterator[Operation]:
    """The operation in a form, its files among the variables. Raises `BadRequest`, and as `MediaLibrary.receiving`."""
    receiving = partial(library.receiving, actor)
    async with read_form(request, receiving, files_max=FILES_MAX, file_max=library.largest) as form:
        yield _operation(form)


def _operation(form: Form) -> Operation:
    if form.fields.keys() != {"operations", "map"}:
        raise malformed('A form has "operations", then "map", then files.')
    operation = operation_of(_json(form.fields["operations"]))
    for name, paths in _places(form.fields["map"], form.files).items():
        for path in paths:
            _put(operation.variables, path, form.files.get(name))
    return operation


def _places(text: bytes, files: dict[str, Intake]) -> dict[str, list[str]]:
    """Where each file goes."""
    try:
        places = msgspec.json.decode(text, type=dict[str, list[str]])
    except (RecursionError, ValueError):
        raise malformed('"map" must be an object of lists of paths.') from None
    if sum(map(len, places.values())) > PATHS_MAX:
        raise malformed(f"At most {PATHS_MAX} places for files.")
    # After one that was refused the others were not read.
    is_cut_off = any(file.refusal is not None for file in files.values())
    if not files.keys() <= places.keys() or (places.keys() - files.keys() and not is_cut_off):
        raise malformed('"map" and the files do not fit together.')
    return places


def _put(variables: Any, path: str, file: Intake | None) -> None:
    """In place of the null that stands there."""
    first, *steps = path.split(".")
    if first != "variables" or not steps:
        raise malformed('A path of "map" begins with "variables.".')
    place: Any = variables
    for step in steps[:-1]:
        place = _at(place, step)
    if _at(place, steps[-1]) is not None:
        raise malformed('A path of "map" must lead to a null.')
    place[int(steps[-1]) if isinstance(place, list) else steps[-1]] = file


def _at(place: Any, step: str) -> Any:
    if isinstance(place, dict) and step in place:
        return place[step]
    if isinstance(place, list) and step.isascii() and step.isdigit() and len(step) < 4 and int(step) < len(place):
        return place[int(step)]
    raise malformed('A path of "map" leads nowhere.')


def _json(text: bytes) -> Any:
    return decode_json(text, "application/json")
