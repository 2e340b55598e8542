"""Security statement 12: no input gives a 5xx, a traceback or an exception's text, whatever its bytes and values."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from socialfeed.testing.client import PASSWORD, Client, open_client
from tests.integration.fuzz.operations import Asked, of_every_field, published
from tests.integration.fuzz.requests import ASK, HEADERS, JSON, ODD, forms, heads, posts
from tests.integration.fuzz.values import HARD, NUMBERS, TEXTS, usual, variables, written
from tests.integration.fuzz.wire import Answered, Sent, check, codes, exchange
from tests.integration.product.conftest import BACKENDS, backend

NIGHTS = [pytest.param(salt, marks=pytest.mark.nightly) for salt in range(1, 5)]


def fuzz(strategy: st.SearchStrategy[Any], examples: int, salt: int, run: Callable[[Any], object]) -> None:
    @seed(salt)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def every(drawn: Any) -> None:
        run(drawn)

    every()


@dataclass
class Tried:
    """The product, somebody who may do everything in it, and what became of each request."""

    client: Client
    runner: asyncio.Runner
    known: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def send(self, sent: Sent) -> Answered:
        answer = self.runner.run(exchange(self.client, sent))
        check(sent, answer)
        self.seen[str(answer.status)] += 1
        return answer

    def ask(self, asked: Asked, values: dict[str, Any]) -> None:
        """As the administrator, who signs in again where the last operation ended the session."""
        sent = Sent([written({"query": asked.text, "variables": values})], [JSON])
        answer = self.send_signed(sent)
        if answer.status == 401:
            nobody = replace(self.client, token=None)
            self.client = self.runner.run(nobody.sign_in("root"))
            answer = self.send_signed(sent)
        errors = codes(answer)
        self.seen["data" if answer.status == 200 and not errors else "errors"] += 1
        self.seen.update(errors)

    def send_signed(self, sent: Sent) -> Answered:
        return self.send(replace(sent, headers=[*sent.headers, self._token]))

    @property
    def _token(self) -> tuple[bytes, bytes]:
        return b"authorization", f"Bearer {self.client.token}".encode()


@pytest.fixture(params=BACKENDS)
def tried(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tried]:
    """Each value may break where it is stored, so on every set of backends."""
    with asyncio.Runner() as runner:
        chosen = runner.run(backend(request.param, request, tmp_path))
        opening = open_client(data_dir=tmp_path, trusted_proxies="0.0.0.0/0", graphql_max_cost=100_000, **chosen)
        client = runner.run(opening.__aenter__())
        try:
            yield runner.run(populated(client, runner))
        finally:
            runner.run(opening.__aexit__(None, None, None))


async def populated(client: Client, runner: asyncio.Runner) -> Tried:
    """A post with an answer by somebody else, so that ids lead somewhere."""
    await client.app.services.accounts.create_superuser(username="root", email="root@example.org", password=PASSWORD)
    root, ada = await client.sign_in("root"), await client.sign_up("ada")
    post = (await ada.run('mutation { createPost(content: "Hello #all") { post { id } } }'))["createPost"]["post"]["id"]
    said = await root.run(
        'mutation ($p: ID!, $u: ID!) { createComment(postId: $p, content: "Hi") { comment { id } }'
        " followUser(userId: $u) { success } }",
        {"p": post, "u": ada.user_id},
    )
    known = [post, ada.user_id or "", root.user_id or "", said["createComment"]["comment"]["id"]]
    return Tried(root, runner, [*known, *known, "1", "0", "-1", "9" * 18])


@pytest.fixture
def anybody(tmp_path: Path) -> Iterator[Tried]:
    """In memory: what is wrong with these requests is seen before anything is stored."""
    with asyncio.Runner() as runner:
        opening = open_client(data_dir=tmp_path, trusted_proxies="0.0.0.0/0")
        client = runner.run(opening.__aenter__())
        try:
            yield Tried(client, runner)
        finally:
            runner.run(opening.__aexit__(None, None, None))


@pytest.mark.parametrize("values", [HARD, pytest.param([*TEXTS, *NUMBERS], marks=pytest.mark.nightly)], ids=len)
def test_security_12_a_wrong_value_for_any_argument_is_told_so(tried: Tried, values: list[Any]) -> None:
    """One at a time, so that none is hidden by another."""
    for asked in of_every_field():
        for name in asked.types:
            for value in values:
                tried.ask(asked, usual(asked.types, tried.known) | {name: value})
    assert {"data", "INVALID_ID", "INVALID_CHARACTER", "BAD_REQUEST"} <= set(tried.seen), tried.seen


@pytest.mark.parametrize("salt", [0, *NIGHTS])
def test_security_12_any_values_for_published_operations_are_fine_or_told_so(tried: Tried, salt: int) -> None:
    for asked in published():

        def run(values: dict[str, Any], asked: Asked = asked) -> None:
            tried.ask(asked, values)

        fuzz(variables(asked.types, tried.known), (3 if salt == 0 else 30) if asked.types else 1, salt, run)
    assert tried.seen["data"] > 0.1 * tried.seen["errors"], tried.seen


@pytest.mark.parametrize("header", HEADERS)
def test_security_12_an_odd_value_of_any_header_is_told_so(anybody: Tried, header: bytes) -> None:
    for value in ODD:
        anybody.send(Sent([ASK], [JSON, (header, value)] if header != JSON[0] else [(header, value)]))
        anybody.send(Sent([ASK], [JSON, (header, value), (header, b"1")]))
    assert anybody.seen["200"] + anybody.seen["400"] + anybody.seen["401"] + anybody.seen["415"] > len(ODD)


@pytest.mark.parametrize("salt", [0, *NIGHTS])
@pytest.mark.parametrize("strategy", [pytest.param(posts(), id="bodies"), pytest.param(heads(), id="heads")])
def test_security_12_whatever_a_request_is_made_of_it_gets_a_clear_answer(
    anybody: Tried, strategy: st.SearchStrategy[Sent], salt: int
) -> None:
    fuzz(strategy, 500 if salt == 0 else 3_000, salt, anybody.send)
    assert {"200", "400"} <= set(anybody.seen), anybody.seen


@pytest.mark.parametrize("salt", [0, *NIGHTS])
def test_security_12_a_broken_form_gets_a_clear_answer(tried: Tried, salt: int) -> None:
    fuzz(forms(), 150 if salt == 0 else 1_000, salt, tried.send_signed)
    assert {"200", "400"} <= set(tried.seen), tried.seen
