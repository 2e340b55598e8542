"""A server that runs the documents of its manifest, and one that runs nothing else."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from socialfeed.entrypoints.graphql import documents
from socialfeed.settings import GraphQLDocuments
from socialfeed.testing.client import Client, Response, open_client

TRENDING = "query Trending($p: Int!) { trendingPosts(page: $p) { totalItems } }"
NONE_YET = {"data": {"trendingPosts": {"totalItems": 0}}}
OTHER = "{ me { id } }"
LIKE = 'mutation { likePost(postId: "1") { success } }'
WILD = "{ " + " ".join(f"a{n}: me {{ {'pinnedPost { author { ' * 12}id{' } }' * 12} }}" for n in range(20)) + " }"
"""Twenty aliases, twenty-five levels, more than a thousand tokens."""


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(text)}}


@asynccontextmanager
async def serving(folder: Path, mode: str, *texts: str, **settings: Any) -> AsyncIterator[Client]:
    manifest = folder / "documents.json"
    manifest.write_text(json.dumps({sha256(text): text for text in texts}))
    async with open_client(graphql_documents=GraphQLDocuments(mode), graphql_manifest=manifest, **settings) as client:
        yield client


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[Client]:
    async with serving(tmp_path, "trusted", TRENDING, LIKE) as client:
        yield client


async def post(client: Client, **body: Any) -> Response:
    return await client.request("POST", "/graphql", json=body)


async def get(client: Client, **parameters: Any) -> Response:
    return await client.request("GET", f"/graphql?{urlencode(parameters)}")


def code(response: Response) -> str:
    [error] = response.json()["errors"]
    return f"{response.status} {error['extensions']['code']}"


@pytest.mark.parametrize("mode", ["any", "trusted"])
@pytest.mark.parametrize(
    "named",
    [
        pytest.param({"query": TRENDING}, id="text"),
        pytest.param({"documentId": f"sha256:{sha256(TRENDING)}"}, id="documentId"),
        pytest.param({"documentId": sha256(TRENDING)}, id="a documentId without a prefix"),
        pytest.param({"extensions": persisted(TRENDING)}, id="hash"),
        pytest.param({"extensions": persisted(TRENDING), "query": TRENDING}, id="text and hash"),
        pytest.param({"extensions": persisted(TRENDING), "documentId": sha256(TRENDING)}, id="both"),
    ],
)
async def test_a_document_of_the_manifest_runs_however_it_is_named(
    tmp_path: Path, mode: str, named: Mapping[str, Any]
) -> None:
    async with serving(tmp_path, mode, TRENDING) as client:
        by_post = await post(client, **named, variables={"p": 1})
        in_address = {name: json.dumps(value) if name == "extensions" else value for name, value in named.items()}
        by_get = await get(client, **in_address, variables='{"p": 1}')

    assert [by_post.json(), by_get.json()] == [NONE_YET] * 2


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({"query": OTHER}, id="text"),
        pytest.param({"query": TRENDING + " "}, id="a space more"),
        pytest.param({"query": "{"}, id="no document at all"),
        pytest.param({"query": "{ __schema { types { name } } }"}, id="introspection"),
        pytest.param({"documentId": f"sha256:{sha256(OTHER)}"}, id="documentId"),
        pytest.param({"extensions": persisted(OTHER)}, id="hash"),
        pytest.param({"extensions": persisted(OTHER), "query": OTHER}, id="text and hash"),
    ],
)
async def test_anything_else_is_refused_before_it_is_parsed(
    strict: Client, request_: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(*_: object, **__: object) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr(documents, "parse", parse)

    answer = await post(strict, **request_)

    assert code(answer) == "400 DOCUMENT_NOT_TRUSTED"
    assert "data" not in answer.json()


async def test_it_is_refused_by_get_and_to_old_clients_too(strict: Client) -> None:
    by_get = await get(strict, query=OTHER)
    legacy = await strict.request("POST", "/graphql", json={"query": OTHER}, headers={"Accept": "application/json"})

    assert [code(by_get), code(legacy)] == ["400 DOCUMENT_NOT_TRUSTED"] * 2


async def test_nothing_is_registered_by_sending_it_with_its_hash(tmp_path: Path, redis_url: str) -> None:
    async with (
        serving(tmp_path, "any", TRENDING, redis_url=redis_url) as lenient,
        serving(tmp_path, "trusted", TRENDING, redis_url=redis_url) as strict,
    ):
        registered = await post(lenient, query=OTHER, extensions=persisted(OTHER))
        tried = await post(strict, query=OTHER, extensions=persisted(OTHER))
        known = await post(strict, extensions=persisted(OTHER))

    assert registered.json() == {"data": {"me": None}}
    assert [code(tried), code(known)] == ["400 DOCUMENT_NOT_TRUSTED"] * 2


async def test_with_any_documents_others_run_as_ever(tmp_path: Path) -> None:
    async with serving(tmp_path, "any", TRENDING) as client:
        unknown = await post(client, documentId=f"sha256:{sha256(OTHER)}")
        sent = await post(client, query=OTHER, documentId=f"sha256:{sha256(OTHER)}")
        known = await post(client, documentId=f"sha256:{sha256(OTHER)}")

    assert code(unknown) == "200 PERSISTED_QUERY_NOT_FOUND"
    assert [sent.json(), known.json()] == [{"data": {"me": None}}] * 2


async def test_a_mutation_of_the_manifest_does_not_come_by_get(strict: Client) -> None:
    assert code(await get(strict, documentId=f"sha256:{sha256(LIKE)}")) == "405 METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({"documentId": 7}, id="a number"),
        pytest.param({"documentId": "sha256:" + "A" * 64}, id="capitals"),
        pytest.param({"documentId": "md5:" + "a" * 32}, id="another hash"),
        pytest.param({"documentId": ""}, id="nothing"),
        pytest.param({"documentId": sha256(OTHER), "extensions": persisted(TRENDING)}, id="two documents"),
    ],
)
async def test_an_id_that_is_none_is_a_400(strict: Client, request_: dict[str, Any]) -> None:
    assert code(await post(strict, **request_)) == "400 BAD_REQUEST"


async def test_a_hash_of_another_text_is_refused(strict: Client) -> None:
    assert code(await post(strict, query=TRENDING, documentId=sha256(LIKE))) == "400 PERSISTED_QUERY_MISMATCH"


async def test_a_document_of_the_manifest_has_any_shape(tmp_path: Path) -> None:
    async with serving(tmp_path, "trusted", WILD) as client:
        answer = await post(client, query=WILD)
    async with serving(tmp_path, "any") as client:
        elsewhere = await post(client, query=WILD)

    assert answer.json() == {"data": {f"a{n}": None for n in range(20)}}
    assert code(elsewhere).startswith("400")


async def test_it_costs_what_it_costs(tmp_path: Path) -> None:
    feed = "query ($n: Int! = 100) { trendingPosts(itemsPerPage: $n) { items { id } } }"
    async with serving(tmp_path, "trusted", feed, graphql_max_cost=9) as client:
        refused, small = await post(client, query=feed), await post(client, query=feed, variables={"n": 90})
    async with serving(tmp_path, "trusted", feed, rate_limit="10/minute") as client:
        first, second = await post(client, query=feed), await post(client, query=feed)

    assert code(refused) == "400 TOO_EXPENSIVE"
    assert small.status == 200
    assert first.json()["extensions"]["cost"]["requested"] == 10
    assert code(second) == "429 RATE_LIMITED"
