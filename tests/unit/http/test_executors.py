"""Both executors answer alike, and `/metrics` tells which one did."""

import pytest

from socialfeed.settings import GraphQLExecutor
from socialfeed.testing.client import open_client

POST = 'mutation { createPost(content: "Hello #there") { success post { id content tags author { username } } } }'
FEED = "query ($size: Int!) { userFeed(itemsPerPage: $size) { items { content visibility isLiked } totalItems } }"
MISSING = '{ user(id: "1", username: "ada") { id } }'


@pytest.mark.parametrize(
    ("executor", "ways"),
    [
        (
            GraphQLExecutor.COMPILED,
            {'way="compiled",why=""', 'way="careful",why="error"', 'way="reference",why="intro'},
        ),
        (GraphQLExecutor.REFERENCE, {'way="reference",why="setting"'}),
    ],
)
async def test_operations_are_answered_alike_and_counted_by_how_they_were_run(
    executor: GraphQLExecutor, ways: set[str]
) -> None:
    async with open_client(graphql_executor=executor) as client:
        ada = await client.sign_up("ada")
        posted = await ada.graphql(POST)
        assert posted.data["createPost"]["post"]["tags"] == ["there"]
        assert list(posted.data["createPost"]["post"]) == ["id", "content", "tags", "author"]
        page = (await ada.graphql(FEED, {"size": 5})).data["userFeed"]
        assert page == {
            "items": [{"content": "Hello #there", "visibility": "PUBLIC", "isLiked": False}],
            "totalItems": 1,
        }
        refused = await ada.graphql(MISSING)
        assert refused.data == {"user": None}
        assert refused.codes == ["INVALID_ARGUMENTS"]
        assert refused.errors[0]["path"] == ["user"]
        assert (await ada.graphql("{ __schema { queryType { name } } }")).data["__schema"]["queryType"][
            "name"
        ] == "Query"
        metrics = (await client.request("GET", "/metrics")).body.decode()
        lines = [line for line in metrics.splitlines() if line.startswith("socialfeed_graphql_operations_total{")]
        assert lines
        for way in ways:
            assert any(way in line for line in lines), lines
        if executor is GraphQLExecutor.REFERENCE:
            assert len(lines) == 1
