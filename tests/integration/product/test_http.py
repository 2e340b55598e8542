"""GraphQL over HTTP: media types, statuses, GET, persisted queries."""

import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest

from socialfeed.testing.client import Client, Response, open_client

OWN = "application/graphql-response+json"
LEGACY = "application/json"


@pytest.fixture(params=["memory", "valkey"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    store = {"redis_url": request.getfixturevalue("redis_url")} if request.param == "valkey" else {}
    async with open_client(**store) as client:
        yield client


@pytest.fixture
async def local() -> AsyncIterator[Client]:
    async with open_client() as client:
        yield client


async def get(client: Client, headers: dict[str, str] | None = None, **parameters: Any) -> Response:
    return await client.request("GET", f"/graphql?{urlencode(parameters)}", headers=headers)


def code(response: Response) -> str:
    return str(response.json()["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, LEGACY),
        ("*/*", LEGACY),
        ("text/html", LEGACY),
        (LEGACY, LEGACY),
        (OWN, OWN),
        (f"{OWN}, {LEGACY}", OWN),
        (f"{LEGACY}, {OWN};q=0.5", LEGACY),
        (f"{OWN};charset=utf-8, {LEGACY};q=0.9", OWN),
        (f"{OWN};q=0", LEGACY),
        (f"{OWN};q=much", LEGACY),
        ("APPLICATION/GRAPHQL-RESPONSE+JSON", OWN),
    ],
)
async def test_the_answer_comes_as_the_client_reads_it(local: Client, accept: str | None, media_type: str) -> None:
    headers = {"Accept": accept} if accept is not None else {}

    answer = await local.request("POST", "/graphql", json={"query": "{ __typename }"}, headers=headers)

    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param({"query": "{"}, id="syntax"),
        pytest.param({"query": "{ nothing }"}, id="validation"),
        pytest.param({"query": "query ($n: Int!) { userFeed(page: $n) { totalItems } }"}, id="a variable"),
    ],
)
async def test_what_is_not_valid_is_a_400_and_a_200_for_old_clients(local: Client, operation: dict[str, str]) -> None:
    def send(accept: str) -> Any:
        return local.request("POST", "/graphql", json=operation, headers={"Accept": accept})

    own, legacy = await send(OWN), await send(LEGACY)

    assert [own.status, legacy.status] == [400, 200]
    assert list(own.json()) == ["errors"]
    assert own.json() == legacy.json()


async def test_a_limit_is_told_by_its_status_to_old_clients_too(local: Client) -> None:
    query = "{ " + " ".join(f"a{n}: __typename" for n in range(16)) + " }"

    answer = await local.request("POST", "/graphql", json={"query": query}, headers={"Accept": LEGACY})

    assert (answer.status, code(answer)) == (400, "TOO_MANY_ALIASES")


async def test_a_query_may_come_by_get(local: Client) -> None:
    ada = await local.sign_up("ada")
    query = "query Named($name: String!) { user(username: $name) { username } } query Other { __typename }"

    answer = await get(
        ada, query=query, variables=json.dumps({"name": "ada"}), operationName="Named", extensions=json.dumps({"a": 1})
    )

    assert (answer.status, answer.json()) == (200, {"data": {"user": {"username": "ada"}}})


async def test_security_14_a_get_never_executes_a_mutation(local: Client) -> None:
    ada = await local.sign_up("ada")
    mutation = 'mutation Write { createPost(content: "Hello") { success } } query Read { userFeed { totalItems } }'

    refused = await get(ada, query=mutation, operationName="Write")
    read = await get(ada, query=mutation, operationName="Read")

    assert (refused.status, refused.headers["allow"], code(refused)) == (405, "POST", "METHOD_NOT_ALLOWED")
    assert read.json() == {"data": {"userFeed": {"totalItems": 0}}}


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_security_14_what_other_sites_can_send_is_a_400_without_a_preflight_header(
    local: Client, content_type: str
) -> None:
    answer = await local.request(
        "POST", "/graphql", body=b'{"query": "{ __typename }"}', headers={"Content-Type": content_type}
    )

    assert (answer.status, code(answer)) == (400, "PREFLIGHT_REQUIRED")


@pytest.mark.parametrize(
    ("site", "more", "status"),
    [
        (None, {}, 200),
        ("none", {}, 200),
        ("same-origin", {}, 200),
        ("same-site", {}, 400),
        ("cross-site", {}, 400),
        ("cross-site", {"Apollo-Require-Preflight": "true"}, 200),
    ],
)
async def test_security_14_a_get_from_another_sites_page_needs_a_preflight_header(
    local: Client, site: str | None, more: dict[str, str], status: int
) -> None:
    headers = more | ({"Sec-Fetch-Site": site} if site else {})

    assert (await get(local, headers, query="{ __typename }")).status == status


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"query": ""}, id="no query"),
        pytest.param({"query": "{ __typename }", "variables": "{"}, id="broken variables"),
        pytest.param({"query": "{ __typename }", "variables": "[1]"}, id="a list for variables"),
        pytest.param({"query": "{ __typename }", "extensions": "7"}, id="a number for extensions"),
        pytest.param({"extensions": "{}"}, id="extensions alone"),
    ],
)
async def test_a_get_that_is_no_operation_is_a_400(local: Client, parameters: dict[str, str]) -> None:
    answer = await local.request("GET", f"/graphql?{urlencode(parameters)}")

    assert (answer.status, code(answer)) == (400, "BAD_REQUEST")


async def test_a_browser_gets_the_page_in_development_alone(local: Client) -> None:
    page = await local.request("GET", "/graphql", headers={"Accept": "text/html"})
    async with open_client(explorer=False) as production:
        none = await production.request("GET", "/graphql", headers={"Accept": "text/html"})

    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (none.status, code(none)) == (400, "BAD_REQUEST")


QUERY = "query ($p: Int!) { trendingPosts(page: $p) { totalItems } }"
DATA = {"data": {"trendingPosts": {"totalItems": 0}}}


def asked(query: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}


class TestPersistedQueries:
    async def ask(self, client: Client, *, text: str | None = None, hashed: str | None = None) -> Response:
        body: dict[str, Any] = {"variables": {"p": 1}, "extensions": asked(hashed or QUERY)}
        return await client.request("POST", "/graphql", json=body | ({"query": text} if text is not None else {}))

    async def test_a_hash_stands_for_the_text_that_was_sent_with_it(self, client: Client) -> None:
        unknown = await self.ask(client)
        sent = await self.ask(client, text=QUERY)
        known = await self.ask(client)

        assert (unknown.status, unknown.json()["errors"]) == (
            200,
            [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}],
        )
        assert [sent.json(), known.json()] == [DATA] * 2

    async def test_it_may_come_by_get(self, client: Client) -> None:
        await self.ask(client, text=QUERY)

        answer = await get(client, variables='{"p": 1}', extensions=json.dumps(asked(QUERY)))

        assert answer.json() == DATA

    async def test_a_hash_of_another_text_is_refused(self, client: Client) -> None:
        answer = await self.ask(client, text="{ __typename }")

        assert (answer.status, code(answer)) == (400, "PERSISTED_QUERY_MISMATCH")
        assert code(await self.ask(client)) == "PERSISTED_QUERY_NOT_FOUND"

    async def test_what_is_not_valid_is_not_kept(self, client: Client) -> None:
        for wrong in ("{ nothing }", "{ " + "a: __typename " * 30 + "}"):
            assert (await self.ask(client, text=wrong, hashed=wrong)).status == 400
            assert code(await self.ask(client, hashed=wrong)) == "PERSISTED_QUERY_NOT_FOUND"

    @pytest.mark.parametrize(
        "extension", [{"version": 2, "sha256Hash": "a" * 64}, {"version": 1}, {"version": 1, "sha256Hash": "A" * 64}, 7]
    )
    async def test_a_hash_that_is_none_is_a_400(self, local: Client, extension: Any) -> None:
        answer = await local.request("POST", "/graphql", json={"extensions": {"persistedQuery": extension}})

        assert (answer.status, code(answer)) == (400, "BAD_REQUEST")

    async def test_processes_share_what_is_known(self, redis_url: str) -> None:
        async with open_client(redis_url=redis_url) as one, open_client(redis_url=redis_url) as other:
            await self.ask(one, text=QUERY)

            assert (await self.ask(other)).json() == DATA
