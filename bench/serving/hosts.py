"""Serves one ASGI application as `socialfeed serve` does its own: `python -m bench.serving.hosts NAME PORT FOLDER`."""

import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ariadne.asgi import GraphQL
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from bench.serving import ceilings
from bench.serving.contenders import ARIADNE, RAW, SETTINGS, SQL, SQL_IO, VALKEY, VALKEY_IO
from socialfeed.container import open_app
from socialfeed.entrypoints.cli.serving import _for_good, _listen
from socialfeed.entrypoints.graphql.context import Context
from socialfeed.entrypoints.graphql.schema import build_schema
from socialfeed.entrypoints.http import State
from socialfeed.entrypoints.requests import authenticate
from socialfeed.settings import Settings


def ariadne(folder: Path) -> ASGIApp:
    """Ariadne's own application, as its documents begin, on our schema, resolvers and services; without limits."""
    settings = Settings(**json.loads((folder / SETTINGS).read_text()))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with open_app(settings, relay=False) as app:
            yield State(app=app, services=app.services)

    async def context(request: Request, _: Any) -> Context:
        return Context(request.state.services, await authenticate(request, request.state.services))

    endpoint = GraphQL(build_schema(), context_value=context, introspection=False)
    return Starlette(routes=[Route("/graphql", endpoint, methods=["POST"])], lifespan=lifespan)


HOSTED: Mapping[str, Callable[[Path], ASGIApp]] = {
    RAW: ceilings.raw,
    VALKEY_IO: partial(ceilings.repeating, of=VALKEY),
    SQL_IO: partial(ceilings.repeating, of=SQL),
    ARIADNE: ariadne,
}

if __name__ == "__main__":
    name, port, folder = sys.argv[1:]
    make = HOSTED[name]
    _listen(lambda: _for_good(make(Path(folder))), Settings(), "127.0.0.1", int(port), 1)
