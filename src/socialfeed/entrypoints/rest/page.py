"""`/api/docs`: the page on which a browser reads and tries the API. It is no operation of it."""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "docs"

CHECKED = {"Cache-Control": "no-cache"}
"""By ETag at each use: after an upgrade no browser mixes old modules with new ones."""


def page_routes() -> list[BaseRoute]:
    """The page also uses parts of the GraphQL explorer, from `/explorer`: serve both or neither."""
    return [
        Route("/docs", _page, methods=["GET"]),
        Route("/docs/", _page, methods=["GET"]),
        Mount("/docs", _Files(directory=FOLDER)),
    ]


class _Files(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(CHECKED)
        return response


async def _page(_: Request) -> Response:
    return FileResponse(FOLDER / "index.html", headers=CHECKED)
