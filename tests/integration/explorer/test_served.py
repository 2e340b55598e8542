"""How the server hands out the explorer: to browsers in development, with types and a policy that browsers enforce."""

from pathlib import Path

import pytest

from socialfeed.settings import Environment, Settings
from socialfeed.testing.client import open_client

EXPLORER = Path("src/socialfeed/entrypoints/graphql/explorer")
FILES = sorted(str(file.relative_to(EXPLORER)) for file in EXPLORER.rglob("*") if file.is_file())
# `nosniff` makes a browser refuse scripts and styles that come as anything else.
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@pytest.mark.parametrize("path", ["/graphql", "/graphql/"])
async def test_a_browser_gets_the_page_under_a_strict_policy(path: str) -> None:
    async with open_client() as client:
        response = await client.request("GET", path, headers={"Accept": "text/html"})
    assert response.status == 200
    assert response.body == (EXPLORER / "index.html").read_bytes()
    assert response.headers["content-type"].startswith("text/html")
    policy = dict(part.strip().partition(" ")[::2] for part in response.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"


async def test_every_file_of_the_page_is_served_with_its_type() -> None:
    async with open_client() as client:
        for name in FILES:
            response = await client.request("GET", f"/explorer/{name}")
            assert response.status == 200, name
            assert response.body == (EXPLORER / name).read_bytes(), name
            assert response.headers["x-content-type-options"] == "nosniff"
            assert response.headers["cache-control"] == "no-cache"
            assert response.headers["content-type"].startswith(TYPES.get(Path(name).suffix, "")), name


@pytest.mark.parametrize(
    "path", ["/explorer/../endpoint.py", "/explorer/%2e%2e/endpoint.py", "/explorer/", "/explorer/no.js"]
)
async def test_nothing_but_the_page_is_served(path: str) -> None:
    async with open_client() as client:
        assert (await client.request("GET", path)).status == 404


async def test_an_operator_can_take_the_explorer_away() -> None:
    async with open_client(explorer=False) as client:
        assert (await client.request("GET", "/graphql")).status == 400  # there are but operations to ask for
        assert (await client.request("GET", "/explorer/explorer.js")).status == 404


def test_production_has_no_explorer_unless_asked() -> None:
    assert not Settings(environment=Environment.PRODUCTION).shows_explorer
    assert Settings(environment=Environment.PRODUCTION, explorer=True).shows_explorer
