"""Guesses are counted one by one, however they are packed, and nobody who cannot count them lets them in."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from socialfeed.adapters.security import Argon2PasswordHasher, HmacCodeHasher
from socialfeed.domain.user import CODE_TRIES
from socialfeed.testing.client import PASSWORD, Client, open_client
from tests.integration.product.conftest import backend
from tests.integration.redis.proxy import open_proxy

LIMIT = 10
LIMITED: dict[str, Any] = {"rate_limit": None, "credential_rate": f"{LIMIT}/day"}
"""By the day, so that no point comes back while a test runs."""

EMAIL = "bob@example.com"
WRONG = "no password of anybody"
LOGIN = "mutation ($u: String!, $p: String!) { tokenAuth(username: $u, password: $p) { token errors { code } } }"
REGISTER = (
    'mutation ($p: String!) { registerUser(username: "bob", email: "bob@example.com", password: $p) { success } }'
)
VERIFY = (
    "mutation ($c: String!) {"
    ' outcome: verifyEmailOtp(email: "bob@example.com", otpCode: $c) { success errors { code } } }'
)
RESET = (
    "mutation ($c: String!) {"
    ' outcome: resetPassword(email: "bob@example.com", otpCode: $c, newPassword: "another good password")'
    " { success errors { code } } }"
)
ASK_RESET = 'mutation { requestPasswordReset(email: "bob@example.com") { success } }'
RESEND = 'mutation { resendEmailOtp(email: "bob@example.com") { success } }'


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings for limits that are kept in the process, and for some that are shared."""
    return {"redis_url": request.getfixturevalue("redis_url")} if request.param == "valkey" else {}


@pytest.fixture
async def limited(store: dict[str, Any]) -> AsyncIterator[Client]:
    """Aliases are not what these limits rest on."""
    async with open_client(**LIMITED, graphql_max_aliases=60, **store) as client:
        yield client


@pytest.fixture
def passwords_tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password that is compared with an account's, in place of the comparison: none is right."""
    tried: list[str] = []

    async def verify(_: Argon2PasswordHasher, password: str, __: str | None) -> bool:
        tried.append(password)
        return False

    monkeypatch.setattr(Argon2PasswordHasher, "verify", verify)
    return tried


@pytest.fixture
def codes_tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every code that is compared with a stored one."""
    tried: list[str] = []
    matches = HmacCodeHasher.matches

    def recorded(self: HmacCodeHasher, *args: Any) -> bool:
        tried.append(args[-2])
        return matches(self, *args)

    monkeypatch.setattr(HmacCodeHasher, "matches", recorded)
    return tried


def aliased_logins(count: int, *, accounts: int) -> str:
    """One operation that logs in `count` times, to that many accounts in turn."""
    fields = (
        f'a{n}: tokenAuth(username: "account{n % accounts}", password: "guess {n}") {{ token }}' for n in range(count)
    )
    return f"mutation {{ {' '.join(fields)} }}"


@pytest.mark.parametrize("accounts", [pytest.param(1, id="one account"), pytest.param(60, id="an account each")])
async def test_security_10_60_aliased_logins_in_one_operation_count_as_60(
    limited: Client, passwords_tried: list[str], accounts: int
) -> None:
    answer = await limited.graphql(aliased_logins(60, accounts=accounts))

    assert passwords_tried == [f"guess {n}" for n in range(LIMIT)]
    assert (answer.status, set(answer.codes)) == (429, {"RATE_LIMITED"})
    assert answer.data == {}


async def test_security_10_what_one_operation_spent_the_next_one_lacks(
    limited: Client, passwords_tried: list[str]
) -> None:
    await limited.graphql(aliased_logins(LIMIT, accounts=LIMIT))

    answer = await limited.graphql(LOGIN, {"u": "somebody else", "p": WRONG})

    assert answer.codes == ["RATE_LIMITED"]
    assert len(passwords_tried) == LIMIT


async def test_security_10_60_logins_to_an_account_at_once_from_anywhere_count_as_60(
    limited: Client, passwords_tried: list[str]
) -> None:
    answers = await asyncio.gather(
        *(replace(limited, address=f"192.0.2.{n}").graphql(LOGIN, {"u": "ada", "p": f"guess {n}"}) for n in range(60))
    )

    assert len(passwords_tried) == LIMIT
    assert [answer.codes for answer in answers].count(["RATE_LIMITED"]) == 60 - LIMIT


async def test_a_client_without_tries_left_cannot_use_up_those_of_an_account(
    limited: Client, passwords_tried: list[str]
) -> None:
    await limited.graphql(aliased_logins(LIMIT, accounts=LIMIT))
    for _ in range(LIMIT):
        assert (await limited.graphql(LOGIN, {"u": "ada", "p": WRONG})).codes == ["RATE_LIMITED"]

    answer = await replace(limited, address="192.0.2.1").graphql(LOGIN, {"u": "ada", "p": "from elsewhere"})

    assert answer.codes == []
    assert passwords_tried[LIMIT:] == ["from elsewhere"]


async def test_one_address_spelled_in_two_ways_is_one_account(limited: Client, passwords_tried: list[str]) -> None:
    spellings = ("zoë@example.com", "ZOE\u0308@example.com ")

    for n in range(LIMIT + 2):
        client = replace(limited, address=f"192.0.2.{n}")
        answer = await client.graphql(LOGIN, {"u": spellings[n % 2], "p": WRONG})

    assert answer.codes == ["RATE_LIMITED"]
    assert len(passwords_tried) == LIMIT


async def test_security_10_60_aliased_guesses_of_a_code_count_as_60(
    store: dict[str, Any], codes_tried: list[str]
) -> None:
    limit = CODE_TRIES - 2  # so that the limit ends the guessing and not the code's own end
    async with open_client(rate_limit=None, credential_rate=f"{limit}/day", graphql_max_aliases=60, **store) as client:
        code = await code_of_bob(client)
        guesses = " ".join(
            f'a{n}: verifyEmailOtp(email: "{EMAIL}", otpCode: "{guess}") {{ success }}'
            for n, guess in enumerate(wrong_codes(60, code))
        )

        answer = await client.graphql(f"mutation {{ {guesses} }}")

    assert codes_tried == wrong_codes(limit, code)
    assert (answer.status, set(answer.codes)) == (429, {"RATE_LIMITED"})


@pytest.mark.parametrize("name", ["memory", "sqlite", "postgres"])
@pytest.mark.parametrize("operation", [VERIFY, RESET], ids=["verify", "reset"])
async def test_security_28_100_parallel_guesses_of_a_code_test_5(
    operation: str, name: str, request: pytest.FixtureRequest, tmp_path: Path, codes_tried: list[str]
) -> None:
    async with open_client(data_dir=tmp_path, **await database(name, request, tmp_path)) as client:
        code = await code_of_bob(client)
        if operation == RESET:
            code = await reset_code_of_bob(client, code)
        codes_tried.clear()

        answers = await asyncio.gather(*(client.run(operation, {"c": guess}) for guess in wrong_codes(100, code)))

        refused = {"success": False, "errors": [{"code": "CODE_REJECTED"}]}
        assert [answer["outcome"] for answer in answers] == [refused] * 100
        assert len(codes_tried) == CODE_TRIES
        assert (await client.run(operation, {"c": code}))["outcome"] == refused
        assert len(codes_tried) == CODE_TRIES


@pytest.mark.parametrize("name", ["memory", "sqlite", "postgres"])
async def test_security_28_the_right_code_sent_100_times_at_once_opens_one_account_once(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    async with open_client(data_dir=tmp_path, **await database(name, request, tmp_path)) as client:
        code = await code_of_bob(client)

        answers = await asyncio.gather(*(client.run(VERIFY, {"c": code}) for _ in range(100)))

        assert [answer["outcome"]["success"] for answer in answers].count(True) == 1


async def test_while_nobody_can_count_tries_are_refused_and_reads_go_on(redis_server: str, redis_prefix: str) -> None:
    async with open_proxy(redis_server) as proxy:
        way = f"redis://127.0.0.1:{proxy.port}?prefix={redis_prefix}&timeout=5"
        async with open_client(**LIMITED, redis_url=way) as client:
            ada = await client.sign_up("ada")
            data = await ada.run('mutation { createPost(content: "Hello") { post { id } } }')
            post_id = data["createPost"]["post"]["id"]
            await proxy.close()

            refused = [
                await client.graphql(LOGIN, {"u": "ada", "p": PASSWORD}),
                await client.graphql(REGISTER, {"p": PASSWORD}),
                await client.graphql(VERIFY, {"c": "000000"}),
                await client.graphql(RESEND),
                await client.graphql(ASK_RESET),
                await client.graphql(RESET, {"c": "000000"}),
            ]
            read = await ada.run("query ($i: ID!) { me { id } post(id: $i) { content likesCount } }", {"i": post_id})

            assert [(answer.codes, answer.data) for answer in refused] == [(["UNAVAILABLE"], {})] * len(refused)
            assert read == {"me": {"id": ada.user_id}, "post": {"content": "Hello", "likesCount": 0}}

            await proxy.listen()
            await recovered(client)


async def recovered(client: Client) -> None:
    """Waits until a log-in succeeds again: the store is asked once a second while it is away."""
    async with asyncio.timeout(20):
        while (await client.graphql(LOGIN, {"u": "ada", "p": PASSWORD})).codes == ["UNAVAILABLE"]:
            await asyncio.sleep(0.1)


async def database(name: str, request: pytest.FixtureRequest, folder: Path) -> dict[str, Any]:
    settings = await backend("postgres+valkey" if name == "postgres" else name, request, folder)
    return {key: value for key, value in settings.items() if key != "redis_url"}


async def code_of_bob(client: Client) -> str:
    """Registers an account and reads its mail."""
    await client.run(REGISTER, {"p": PASSWORD})
    await client.settle()
    return client.mails[-1].subject.split()[0]


async def reset_code_of_bob(client: Client, code: str) -> str:
    """Proves the address of an account, asks for a new password and reads the mail."""
    await client.run(VERIFY, {"c": code})
    await client.run(ASK_RESET)
    await client.settle()
    return client.mails[-1].subject.split()[0]


def wrong_codes(count: int, right: str) -> list[str]:
    return [code for code in (f"{n:06}" for n in range(count + 1)) if code != right][:count]
