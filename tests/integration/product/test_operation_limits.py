"""What an operation may be and may cost: everything here is refused before any resolver runs."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from socialfeed.application.graph.service import Graph
from socialfeed.entrypoints.graphql import documents
from socialfeed.testing.client import Answer, Client, open_client

REGISTER = 'registerUser(username: "u{0}", email: "u{0}@example.org", password: "correct horse battery") {{ success }}'


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with open_client() as client:
        yield client


@pytest.fixture
def unvalidated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails a test whose operation gets as far as validation."""

    def validate(*_: object, **__: object) -> None:
        raise AssertionError("validated")

    monkeypatch.setattr(documents, "validate", validate)


async def refused(client: Client, query: str, code: str, variables: dict[str, Any] | None = None) -> Answer:
    answer = await client.graphql(query, variables)
    assert (answer.status, answer.codes) == (400, [code]), answer
    assert not answer.data
    return answer


async def test_security_01_sixteen_aliases_are_refused_and_no_resolver_runs(client: Client) -> None:
    many = " ".join(f"a{n}: {REGISTER.format(f'ser{n}')}" for n in range(16))

    await refused(client, f"mutation {{ {many} }}", "TOO_MANY_ALIASES")

    assert client.mails == []
    assert await client.run("{ a: __typename " + " ".join(f"a{n}: __typename" for n in range(14)) + " }")


async def test_security_01_typenames_and_fragments_count_as_aliases(client: Client) -> None:
    await refused(client, "{ " + " ".join(f"a{n}: __typename" for n in range(16)) + " }", "TOO_MANY_ALIASES")
    eight = " ".join(f"a{n}: __typename" for n in range(8))
    await refused(client, f"{{ me {{ ...F }} b: me {{ ...F }} }} fragment F on User {{ {eight} }}", "TOO_MANY_ALIASES")


def nested(levels: int) -> str:
    return "{ me " + "{ pinnedPost { author " * (levels // 2) + "{ id }" + " } }" * (levels // 2) + " }"


async def test_security_02_an_operation_may_be_twenty_levels_deep(client: Client) -> None:
    answer = await client.graphql(nested(18))  # me, eighteen, id
    assert answer.codes in ([], ["UNAUTHENTICATED"])
    await refused(client, nested(20), "TOO_DEEP")


async def test_security_02_fragments_hide_no_depth(client: Client) -> None:
    fragments = "".join(f"fragment F{n} on User {{ pinnedPost {{ author {{ ...F{n + 1} }} }} }} " for n in range(11))
    await refused(client, f"{{ me {{ ...F0 }} }} {fragments} fragment F11 on User {{ id }}", "TOO_DEEP")


@pytest.mark.usefixtures("unvalidated")
async def test_security_03_a_thousand_and_one_tokens_are_refused_before_validation(client: Client) -> None:
    await refused(client, "{ me { " + "id " * 996 + "} }", "BAD_REQUEST")


@pytest.mark.usefixtures("unvalidated")
@pytest.mark.parametrize(
    "query",
    [
        pytest.param("{ me { id " + "@aa " * 10 + "} }", id="on a field"),
        pytest.param("query " + "@aa " * 10 + "{ me { id } }", id="on an operation"),
        pytest.param("{ me { ...F " + "@aa " * 6 + "} } fragment F on User { id }", id="on a spread"),
        pytest.param("{ me { id } } fragment F on User " + "@aa " * 6 + "{ id }", id="on a fragment"),
        pytest.param("query ($a: Int " + "@aa " * 6 + ") { me { id } }", id="on a variable"),
        pytest.param("{ me { id @skip(if: false) " + "@include(if: true) " * 5 + "} }", id="known ones"),
    ],
)
async def test_security_04_more_than_five_directives_give_one_error(client: Client, query: str) -> None:
    await refused(client, query, "TOO_MANY_DIRECTIVES")


def with_fragments(number: int, fields: str) -> str:
    """Each of them with the same fields, all in one place."""
    spread = " ".join(f"...F{n}" for n in range(number))
    return f"{{ me {{ {spread} }} }} " + " ".join(f"fragment F{n} on User {{ {fields} }}" for n in range(number))


@pytest.mark.usefixtures("unvalidated")
@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param("{ me { " + "id " * 500 + "} }", "TOO_MANY_REPETITIONS", id="500"),
        pytest.param("{ me { " + "id " * 20_000 + "} }", "BAD_REQUEST", id="20,000"),
        pytest.param("{ " + "me { id } " * 20 + "}", "TOO_MANY_REPETITIONS", id="with fields of their own"),
        pytest.param(
            "{ me { " + "... on User { id } " * 20 + "} }", "TOO_MANY_REPETITIONS", id="inline fragments of one type"
        ),
        pytest.param(
            "{ me { " + "...F " * 20 + "} } fragment F on User { id }", "TOO_MANY_REPETITIONS", id="one fragment"
        ),
        pytest.param(with_fragments(70, "id"), "TOO_MANY_REPETITIONS", id="a fragment each"),
        pytest.param(
            with_fragments(35, "pinnedPost { author { id bio } }"), "TOO_MANY_REPETITIONS", id="fragments, levels below"
        ),
        pytest.param(
            "{ me { ...F0 } } "
            + " ".join(f"fragment F{n} on User {{ id ...F{n + 1} }}" for n in range(70))
            + " fragment F70 on User { id }",
            "TOO_MANY_REPETITIONS",
            id="fragments in a row",
        ),
    ],
)
async def test_security_05_a_field_that_stands_again_and_again_is_refused(
    client: Client, query: str, code: str
) -> None:
    await refused(client, query, code)


async def test_components_may_each_ask_for_the_same(client: Client) -> None:
    assert (await client.graphql(with_fragments(40, "__typename id"))).codes in ([], ["UNAUTHENTICATED"])


async def test_security_06_fragments_in_a_circle_are_refused(client: Client) -> None:
    await refused(client, "{ me { ...A } } fragment A on User { ...A }", "BAD_REQUEST")
    await refused(
        client,
        "{ me { ...A } } fragment A on User { pinnedPost { author { ...B } } } fragment B on User { ...A }",
        "BAD_REQUEST",
    )


async def test_security_06_a_circle_that_forks_at_each_turn_is_refused(client: Client) -> None:
    answer = await client.graphql(
        "{ me { ...A } } fragment A on User { a: pinnedPost { author { ...A } } b: pinnedPost { author { ...A } } }"
    )

    assert (answer.status, set(answer.codes)) == (400, {"BAD_REQUEST"})


@pytest.mark.usefixtures("unvalidated")
async def test_security_06_fragments_that_double_sixty_times_are_refused_before_validation(client: Client) -> None:
    doubling = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ... {{ ...F{n + 1} }} }}" for n in range(60))
    await refused(client, f"{{ ...F0 }} {doubling} fragment F60 on Query {{ me {{ id }} }}", "TOO_MANY_FIELDS")


@pytest.mark.parametrize("size", ["0", "-1", "101", "null"])
@pytest.mark.parametrize(
    "field", ["homeFeed(first: {}) {{ pageInfo {{ hasNextPage }} }}", "userFeed(itemsPerPage: {}) {{ totalItems }}"]
)
async def test_security_07_a_page_holds_1_to_100_and_null_is_no_number(client: Client, field: str, size: str) -> None:
    ada = await client.sign_up("ada")

    answer = await ada.graphql("{ " + field.format(size) + " }")

    assert answer.codes in (["INVALID_PAGE_SIZE"], ["BAD_REQUEST"])
    assert not answer.data


THREAD = "edges { node { id replies(first: $n) { "


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        pytest.param("query ($n: Int!) {", {"n": 50}, id="a variable"),
        pytest.param("query ($n: Int! = 50) {", {}, id="its default"),
        pytest.param("query ($n: Int! = 1) {", {"n": 50}, id="a variable above its default"),
    ],
)
async def test_security_08_variables_and_their_defaults_cost_what_they_ask_for(
    client: Client, query: str, variables: dict[str, Any]
) -> None:
    deep = "comments(postId: 1, first: $n) { " + THREAD * 3 + "edges { node { id } }" + " } } }" * 3 + " } }"

    answer = await refused(client, f"{query} {deep}", "TOO_EXPENSIVE", variables)

    assert answer.errors[0]["extensions"]["cost"] == {"requested": 637755, "maximum": 2000}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        pytest.param("{{ nodes(ids: [{ids}]) {more} }}", {}, id="literals"),
        pytest.param("query ($i: [ID!]!) {{ nodes(ids: $i) {more} }}", {"i": ["1"] * 100}, id="a variable"),
        pytest.param("query ($i: [ID!]! = [{ids}]) {{ nodes(ids: $i) {more} }}", {}, id="its default"),
    ],
)
async def test_security_08_each_of_many_ids_costs(client: Client, query: str, variables: dict[str, Any]) -> None:
    more = "{ ... on Comment { replies(first: 100) { nodes { id author { id } } } } }"

    answer = await refused(client, query.format(ids="1, " * 100, more=more), "TOO_EXPENSIVE", variables)

    assert answer.errors[0]["extensions"]["cost"] == {"requested": 2010, "maximum": 2000}
    assert (await client.run('{ nodes(ids: "1") { id } }'))["nodes"] == [None]


async def test_security_08_an_operation_may_cost_what_an_operator_says() -> None:
    query = "{ trendingPosts(itemsPerPage: 40) { items { id author { id } } } }"
    async with open_client(graphql_max_cost=7) as client:
        await refused(client, query, "TOO_EXPENSIVE")
    async with open_client(graphql_max_cost=8) as client:
        await client.run(query)


async def test_security_09_batches_are_refused(client: Client) -> None:
    response = await client.request("POST", "/graphql", json=[{"query": "{ __typename }"}])

    assert response.status == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_security_11_without_introspection_there_are_neither_schema_nor_suggestions() -> None:
    async with open_client(introspection=False, explorer=False) as client:
        for query in ("{ __schema { types { name } } }", '{ __type(name: "User") { name } }'):
            await refused(client, query, "BAD_REQUEST")
        misspelt = await refused(client, "{ mee { id } }", "BAD_REQUEST")
        argument = await refused(client, "{ userFeed(itemsPerPag: 3) { totalItems } }", "BAD_REQUEST")
        page = await client.request("GET", "/graphql")

    assert "me" not in misspelt.errors[0]["message"].replace("mee", "")
    assert "itemsPerPage" not in argument.errors[0]["message"]
    assert page.status == 400
    assert b"<html" not in page.body


async def test_with_introspection_errors_suggest_what_was_meant(client: Client) -> None:
    answer = await refused(client, "{ mee { id } }", "BAD_REQUEST")

    assert "Did you mean" in answer.errors[0]["message"]


async def test_security_13_an_operation_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = asyncio.Event()

    async def hang(*_: object, **__: object) -> None:
        try:
            await asyncio.sleep(3_600)
        finally:
            ended.set()

    monkeypatch.setattr(Graph, "profile_by_username", hang)
    async with open_client(graphql_timeout=0.05) as client:
        answer = await client.graphql('{ user(username: "ada") { id } }')

    assert (answer.status, answer.codes) == (503, ["TIMEOUT"])
    assert ended.is_set()
