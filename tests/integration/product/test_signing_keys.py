"""Tokens signed by keys that rotate under a running product, and what others can check them by. Numbers in names are
those of the security statements in the contract.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from socialfeed.adapters.security import JwtTokens, key_file
from socialfeed.adapters.security.key_file import read_keys, rotate
from socialfeed.adapters.security.signing import LEEWAY, LIFETIME, NOTICE, Ed25519Ring, SigningKey
from socialfeed.adapters.sql import migrate
from socialfeed.domain.ids import parse_session_id, parse_user_id
from socialfeed.testing.client import Client, open_client
from socialfeed.testing.clock import START, FixedClock

ME = "{ me { username } }"
SECOND = timedelta(seconds=1)
JWKS = "/.well-known/jwks.json"


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_file, "LOOK_EVERY", 0.01)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    rotate(tmp_path / "signing.json", START)
    return tmp_path / "signing.json"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def client(path: Path, clock: FixedClock) -> AsyncIterator[Client]:
    async with open_client(clock=clock, signing_keys=path) as client:
        yield client


async def published(client: Client) -> list[str]:
    return [key["kid"] for key in (await client.request("GET", JWKS)).json()["keys"]]


async def rotated(client: Client, path: Path, clock: FixedClock) -> str:
    """Makes a key and waits until the running product has seen it."""
    made = rotate(path, clock.now()).made
    assert made is not None
    await has_seen(client, made.kid)
    return made.kid


async def has_seen(client: Client, new: str) -> None:
    async with asyncio.timeout(10):
        while new not in await published(client):
            await asyncio.sleep(0.01)


def kid(somebody: Client) -> str:
    return str(jwt.get_unverified_header(somebody.token or "")["kid"])


def claims(token: str | None) -> dict[str, Any]:
    return jwt.decode(token or "", options={"verify_signature": False})


def signed_by(key: SigningKey, somebody: Client, clock: FixedClock) -> Client:
    """Somebody with a token that a holder of the key has made, for a session that there is."""
    known = claims(somebody.token)
    issuer = JwtTokens(Ed25519Ring([key]))
    token = issuer.issue(parse_user_id(known["sub"]), parse_session_id(known["sid"]), clock.now()).token
    return Client(somebody.app, somebody.asgi, token)


async def codes(somebody: Client) -> list[str]:
    """Why somebody is not let in; nothing for who is."""
    answer = await somebody.graphql(ME)
    assert answer.codes or answer.data["me"] == {"username": "ada"}
    return answer.codes


async def test_anybody_can_check_a_token_by_the_published_keys(client: Client) -> None:
    ada = await client.sign_up("ada")
    served = await client.request("GET", JWKS)

    assert served.status == 200
    assert served.headers["cache-control"] == "public, max-age=60"
    assert served.headers["content-type"] == "application/jwk-set+json"
    found = jwt.PyJWKSet.from_dict(served.json())[kid(ada)]
    # The clock of this test stands in the past.
    options: Any = {"verify_exp": False}
    checked = jwt.decode(
        ada.token or "", found, algorithms=["EdDSA"], audience="socialfeed", issuer="socialfeed", options=options
    )
    assert checked["sub"] == ada.user_id


async def test_nothing_private_is_published(client: Client) -> None:
    served = (await client.request("GET", JWKS)).json()

    assert [set(key) for key in served["keys"]] == [{"kty", "crv", "x", "kid", "use", "alg"}]


async def test_under_the_secret_there_is_nothing_to_publish() -> None:
    async with open_client() as client:
        ada = await client.sign_up("ada")

        assert (await client.request("GET", JWKS)).json() == {"keys": []}
        assert jwt.get_unverified_header(ada.token or "")["alg"] == "HS256"


async def test_a_rotation_signs_nobody_out(client: Client, path: Path, clock: FixedClock) -> None:
    before = await client.sign_up("ada")
    new = await rotated(client, path, clock)
    during = await client.sign_in("ada")
    clock.advance(NOTICE)
    after = await client.sign_in("ada")

    assert kid(before) == kid(during) != new
    assert kid(after) == new
    assert [await codes(somebody) for somebody in (before, during, after)] == [[], [], []]


async def test_21_a_token_of_a_retired_key_is_refused_while_the_product_runs(
    client: Client, path: Path, clock: FixedClock
) -> None:
    ada = await client.sign_up("ada")
    (old,) = read_keys(path)
    new = await rotated(client, path, clock)

    clock.advance(NOTICE + LIFETIME + LEEWAY - SECOND)
    assert await published(client) == [old.kid, new]
    assert await codes(signed_by(old, ada, clock)) == []
    clock.advance(SECOND)
    assert await published(client) == [new]
    assert await codes(signed_by(old, ada, clock)) == ["INVALID_TOKEN"]


async def test_a_leaked_key_is_out_with_every_token_that_was_checked_by_it(
    client: Client, path: Path, clock: FixedClock
) -> None:
    ada = await client.sign_up("ada")
    assert await codes(ada) == []

    path.unlink()
    new = await rotated(client, path, clock)

    assert await published(client) == [new]
    assert await codes(ada) == ["INVALID_TOKEN"]
    assert await codes(await client.sign_in("ada")) == []


async def test_a_new_key_is_known_to_every_process_before_it_signs(
    path: Path, clock: FixedClock, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"database_url": f"sqlite:///{tmp_path / 'shared.sqlite3'}", "signing_keys": path}
    await migrate(settings["database_url"])
    async with open_client(clock=clock, **settings) as one, open_client(clock=clock, **settings) as other:
        ada = await one.sign_up("ada")
        new = await rotated(one, path, clock)
        await has_seen(other, new)
        clock.advance(NOTICE)
        later = await one.sign_in("ada")

        assert kid(later) == new
        for somebody in (ada, later):
            assert await codes(Client(other.app, other.asgi, somebody.token)) == []
