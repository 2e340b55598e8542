"""Security 35: rotating `X-Forwarded-For` from an untrusted peer never changes the bucket; IPv6 counts by /64."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from socialfeed.testing.client import Client, open_client

TRIES = 3
PROXY = "10.0.0.1"
LOGIN = 'mutation ($u: String!) { tokenAuth(username: $u, password: "wrong password") { errors { code } } }'


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with open_client(trusted_proxies="10.0.0.0/8", rate_limit=None, credential_rate=f"{TRIES}/day") as client:
        yield client


async def refused(client: Client, n: int, address: str, forwarded: str | None = None) -> bool:
    """Whether a log-in from there, to an account that nobody tried before, is one too many."""
    response = await replace(client, address=address).request(
        "POST",
        "/graphql",
        json={"query": LOGIN, "variables": {"u": f"account{n}"}},
        headers={} if forwarded is None else {"X-Forwarded-For": forwarded},
    )
    assert response.status in {200, 429}
    return response.status == 429


async def test_security_35_rotating_the_header_from_an_untrusted_peer_never_changes_the_bucket(client: Client) -> None:
    outcomes = [await refused(client, n, "203.0.113.9", f"198.51.100.{n}") for n in range(TRIES + 20)]

    assert outcomes == [False] * TRIES + [True] * 20


async def test_security_35_rotating_what_stands_before_the_proxys_own_word_changes_nothing_either(
    client: Client,
) -> None:
    outcomes = [await refused(client, n, PROXY, f"198.51.100.{n}, 203.0.113.9") for n in range(TRIES + 20)]

    assert outcomes == [False] * TRIES + [True] * 20


async def test_security_35_an_ipv6_network_of_64_bits_is_one_bucket(client: Client) -> None:
    outcomes = [await refused(client, n, f"2001:db8:0:1:{n:x}::{n:x}") for n in range(TRIES + 20)]

    assert outcomes == [False] * TRIES + [True] * 20
    assert not await refused(client, 99, "2001:db8:0:2::1")


async def test_security_35_an_ipv4_address_in_ipv6_clothes_is_the_same_bucket(client: Client) -> None:
    outcomes = [await refused(client, n, ("203.0.113.9", "::ffff:203.0.113.9")[n % 2]) for n in range(TRIES + 2)]

    assert outcomes == [False] * TRIES + [True] * 2


async def test_behind_a_trusted_proxy_each_client_has_a_bucket_of_its_own(client: Client) -> None:
    for n in range(TRIES + 1):
        last = await refused(client, n, PROXY, "203.0.113.9")
    assert last

    assert not await refused(client, 10, PROXY, "203.0.113.10")


@pytest.mark.parametrize("garbage", ["", "unknown", "203.0.113", ",,,", "x" * 5_000])
async def test_garbage_from_a_trusted_proxy_counts_for_the_proxy(client: Client, garbage: str) -> None:
    outcomes = [await refused(client, n, PROXY, garbage) for n in range(TRIES + 1)]

    assert outcomes == [False] * TRIES + [True]
