"""Who the client is, whatever the headers say."""

import pytest
from starlette.types import Receive, Scope, Send

from socialfeed.entrypoints.addresses import ForwardedClients, client_address
from socialfeed.settings import parse_networks

TRUSTED = parse_networks("10.0.0.0/8, fd00::/8")
PROXY, CLIENT, LIAR = "10.0.0.1", "203.0.113.9", "198.51.100.66"


def test_the_header_of_an_untrusted_peer_is_not_read() -> None:
    assert client_address(LIAR, [CLIENT], TRUSTED) == LIAR
    assert client_address(LIAR, [PROXY], TRUSTED) == LIAR
    assert client_address(PROXY, [CLIENT], ()) == PROXY


def test_a_trusted_proxy_is_believed_about_its_own_peer_only() -> None:
    assert client_address(PROXY, [f"{CLIENT}, {LIAR}"], TRUSTED) == LIAR


def test_a_chain_of_trusted_proxies_is_followed_to_its_end() -> None:
    assert client_address(PROXY, [f"{LIAR}, {CLIENT}, 10.0.0.3, 10.0.0.2"], TRUSTED) == CLIENT


def test_several_headers_are_one_list() -> None:
    assert client_address(PROXY, [LIAR, f"{CLIENT},10.0.0.3", "10.0.0.2"], TRUSTED) == CLIENT


def test_a_client_among_the_proxies_is_the_first_hop() -> None:
    assert client_address(PROXY, ["10.9.9.9, 10.0.0.2"], TRUSTED) == "10.9.9.9"


@pytest.mark.parametrize("peer", ["::ffff:10.0.0.1", "fd12:3456::1", "fd12:3456::1%eth0"])
def test_a_proxy_is_known_in_each_of_its_forms(peer: str) -> None:
    assert client_address(peer, [CLIENT], TRUSTED) == CLIENT


@pytest.mark.parametrize(
    ("hop", "address"),
    [
        ("203.0.113.9:4711", CLIENT),
        ("::ffff:203.0.113.9", CLIENT),
        ("[2001:db8::9]", "2001:db8::9"),
        ("[2001:db8::9]:4711", "2001:db8::9"),
        ("2001:DB8::9", "2001:db8::9"),
        ("  203.0.113.9\t", CLIENT),
    ],
)
def test_a_hop_is_understood_in_each_of_its_spellings(hop: str, address: str) -> None:
    assert client_address(PROXY, [f"{LIAR}, {hop}"], TRUSTED) == address


@pytest.mark.parametrize(
    "garbage", ["", " ", ",", "unknown", "_secret", "'; DROP TABLE", "1" * 10_000, "[::1", "é", "10.0.0.0/8", "\x00"]
)
def test_garbage_ends_the_search_at_the_proxy_that_wrote_it(garbage: str) -> None:
    assert client_address(PROXY, [garbage], TRUSTED) == PROXY
    assert client_address(PROXY, [f"{CLIENT}, {garbage}, 10.0.0.2"], TRUSTED) == "10.0.0.2"


def test_garbage_before_the_client_changes_nothing() -> None:
    assert client_address(PROXY, [f"unknown, , {CLIENT}"], TRUSTED) == CLIENT


def test_a_proxy_that_sends_no_header_is_the_client() -> None:
    assert client_address(PROXY, [], TRUSTED) == PROXY


async def seen_by_the_application(scope: Scope) -> Scope:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    async def nothing(*_: object) -> None: ...

    await ForwardedClients(app, TRUSTED)(scope, nothing, nothing)  # type: ignore[arg-type]
    return seen[0]


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_the_application_sees_the_client_in_place_of_the_proxy(kind: str) -> None:
    headers = [(b"x-forwarded-for", LIAR.encode()), (b"x-forwarded-for", CLIENT.encode())]
    scope = await seen_by_the_application({"type": kind, "client": (PROXY, 4711), "headers": headers})

    assert scope["client"] == (CLIENT, 0)


async def test_without_a_proxy_nothing_changes() -> None:
    given: Scope = {"type": "http", "client": (CLIENT, 4711), "headers": []}

    assert await seen_by_the_application(given) == given
    assert await seen_by_the_application({"type": "lifespan"}) == {"type": "lifespan"}


async def test_a_server_on_a_unix_socket_knows_no_client() -> None:
    given: Scope = {"type": "http", "client": None, "headers": [(b"x-forwarded-for", CLIENT.encode())]}

    assert await seen_by_the_application(given) == given


@pytest.mark.parametrize("text", ["10.0.0.1/8", "proxy", "10.0.0.0/33", "10.0.0.0/8;fd00::/8", "*"])
def test_a_list_of_proxies_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write addresses and networks with commas between them"):
        parse_networks(text)
