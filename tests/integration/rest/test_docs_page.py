"""How the server hands out the page of the API: in development only, under a policy that browsers enforce."""

from pathlib import Path
from typing import Any

import pytest

from socialfeed.adapters.sql import migrate
from socialfeed.entrypoints.rest.page import FOLDER
from socialfeed.testing.client import open_client
from tests.integration.rest.calls import get, post, problem

FILES = sorted(str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*") if file.is_file())
# `nosniff` makes a browser refuse scripts and styles that come as anything else.
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
async def test_a_browser_gets_the_page_under_a_strict_policy(path: str) -> None:
    async with open_client() as client:
        response = await get(client, path)
    assert response.status == 200
    assert response.body == (FOLDER / "index.html").read_bytes()
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-content-type-options"] == "nosniff"
    policy = dict(part.strip().partition(" ")[::2] for part in response.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"


async def test_every_file_of_the_page_is_served_with_its_type() -> None:
    async with open_client() as client:
        for name in FILES:
            response = await get(client, f"/docs/{name}")
            assert response.status == 200, name
            assert response.body == (FOLDER / name).read_bytes(), name
            assert response.headers["x-content-type-options"] == "nosniff"
            assert response.headers["cache-control"] == "no-cache"
            assert response.headers["content-type"].startswith(TYPES[Path(name).suffix]), name


@pytest.mark.parametrize("path", ["/docs/../page.py", "/docs/%2e%2e/page.py", "/docs/no.js"])
async def test_nothing_but_the_page_is_served(path: str) -> None:
    async with open_client() as client:
        assert problem(await get(client, path)) == (404, "NOT_FOUND", None)


async def test_the_page_takes_nothing() -> None:
    async with open_client() as client:
        assert problem(await post(client, "/docs", {})) == (405, "METHOD_NOT_ALLOWED", None)


async def test_where_there_is_no_explorer_there_is_no_page() -> None:
    async with open_client(explorer=False) as client:
        for path in ("/docs", "/docs/", "/docs/docs.js"):
            assert problem(await get(client, path)) == (404, "NOT_FOUND", None)
        assert (await get(client, "/openapi.json")).status == 200


async def test_production_has_no_page_unless_asked(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/socialfeed.sqlite3"
    await migrate(database)
    production: dict[str, Any] = {"environment": "production", "secret_key": "x" * 40, "database_url": database}
    async with open_client(data_dir=tmp_path, **production) as client:
        assert problem(await get(client, "/docs")) == (404, "NOT_FOUND", None)
    async with open_client(data_dir=tmp_path, **production, explorer=True) as client:
        assert (await get(client, "/docs")).status == 200


async def test_the_page_is_no_operation_of_the_api() -> None:
    async with open_client() as client:
        document = (await get(client, "/openapi.json")).json()
    assert [path for path in document["paths"] if path.startswith("/docs")] == []
