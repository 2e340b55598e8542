"""Security statement 36: no connection is opened to an address that is not public, however it is written, named or
reached. Shown by the wires, on which nothing was opened, and by a server of ours, which nobody reached.
"""

import socket

import httpcore
import pytest

from socialfeed.adapters.fetch import HttpFetcher, PublicNetwork, SystemResolver
from socialfeed.adapters.fetch.targets import PORTS
from socialfeed.domain.errors import FetchFailed
from socialfeed.testing.contracts.fetch import PNG, fetched
from tests.integration.fetch.web import PUBLIC, Names, Web, answer

SPELLINGS = (
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0", "2130706433", "017700000001", "0x7f000001", "0x7F.1"),
    *(
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "0177.1",
        "127.0.0.01",
        "127.0.0.1.",
        "0",
        "１２７.０.０.１",
        "127。0。0。1",
        "①27.0.0.1",
    ),
    *(
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::]",
        "[64:ff9b::7f00:1]",
    ),
    *("[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[2002:7f00:1::]"),
    *("169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "100.100.100.200", "168.63.129.16"),
    *("localhost", "localhost.", "LOCALHOST", "a.localhost", "ｌocalhost", "user@127.0.0.1", "user:word@127.0.0.1"),
    *("pictures.example@127.0.0.1", "127.0.0.1%2f@pictures.example", "%31%32%37.0.0.1", "127.0.0.1\\@pictures.example"),
    *("127.0.0.1%00.pictures.example", "[::1].pictures.example", "pictures.example\t127.0.0.1", "lo\u00adcalhost"),
)

INTO_OUR_NETWORK = (
    *("127.0.0.1", "127.0.0.53", "0.0.0.0", "10.1.2.3", "172.20.0.2", "192.168.1.1", "169.254.169.254", "100.64.1.1"),
    *(
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "fe80::1",
        "fd00::1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
        "::7f00:1",
    ),
)


def untouched(web: Web) -> bool:
    return (web.ours.accepted, web.wires.opened) == (0, [])


@pytest.mark.parametrize("host", SPELLINGS)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_36_no_spelling_of_an_address_opens_a_connection(web: Web, scheme: str, host: str) -> None:
    for url in (f"{scheme}://{host}:{web.ours.port}/", f"{scheme}://{host}/"):
        with pytest.raises(FetchFailed):
            await fetched(web.fetcher, url)

    assert untouched(web)
    assert web.names.asked == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[fe80::1]", "pictures.example"]
)
async def test_nothing_but_the_policy_keeps_them_out(web: Web, host: str) -> None:
    """Else the tests here would prove nothing."""
    fetcher = web.fetching(Names(pictures=["127.0.0.1"]), allows=lambda _: True)
    with pytest.raises(FetchFailed):
        await fetched(fetcher, f"http://{host}:{web.ours.port}/")

    assert len(web.wires.opened) == web.ours.accepted == 1


@pytest.mark.parametrize("address", INTO_OUR_NETWORK)
async def test_36_no_name_that_leads_into_our_network_opens_a_connection(web: Web, address: str) -> None:
    names = Names(pictures=[address])
    with pytest.raises(FetchFailed):
        await fetched(web.fetching(names), f"http://pictures.example:{web.ours.port}/")

    assert names.asked == ["pictures.example"]
    assert untouched(web)


@pytest.mark.parametrize(
    "addresses", [(PUBLIC, "127.0.0.1"), ("127.0.0.1", PUBLIC), (PUBLIC, "::1"), (PUBLIC, "10.0.0.1")]
)
async def test_36_a_name_with_one_address_in_our_network_opens_no_connection(
    web: Web, addresses: tuple[str, str]
) -> None:
    with pytest.raises(FetchFailed):
        await fetched(web.fetching(Names(pictures=[addresses])), f"http://pictures.example:{web.ours.port}/")

    assert untouched(web)


async def test_36_a_name_that_is_bound_anew_after_the_check_leads_where_the_check_was(web: Web) -> None:
    names = Names(pictures=[PUBLIC, "127.0.0.1"])
    web.public.answers[f"pictures.example:{web.ours.port}", "/a"] = answer(PNG)

    assert await fetched(web.fetching(names), f"http://pictures.example:{web.ours.port}/a") == ("image/png", PNG)

    assert names.asked == ["pictures.example"]
    assert web.wires.opened == [(PUBLIC, web.ours.port)]
    assert web.ours.accepted == 0


async def test_36_a_name_that_is_bound_anew_between_two_requests_opens_no_second_connection(web: Web) -> None:
    names = Names(pictures=[PUBLIC, "127.0.0.1"])
    fetcher, url = web.fetching(names), f"http://pictures.example:{web.ours.port}/"
    web.public.answers[f"pictures.example:{web.ours.port}", "/"] = answer(status=302, location=url)
    with pytest.raises(FetchFailed):
        await fetched(fetcher, url)
    with pytest.raises(FetchFailed):
        await fetched(fetcher, url)

    assert names.asked == ["pictures.example"] * 3
    assert web.wires.opened == [(PUBLIC, web.ours.port)]
    assert web.ours.accepted == 0


@pytest.mark.parametrize(
    ("status", "host"),
    [*((302, host) for host in SPELLINGS), *((status, "127.0.0.1") for status in (301, 303, 307, 308))],
)
async def test_36_no_redirect_leads_into_our_network(web: Web, status: int, host: str) -> None:
    for location in (f"http://{host}:{web.ours.port}/", f"//{host}:{web.ours.port}/", f"https://{host}/"):
        line = location.encode("utf-8").decode("latin-1")
        web.public.answers["pictures.example", "/"] = answer(status=status, location="LOCATION").replace(
            b"LOCATION", line.encode("latin-1")
        )
        with pytest.raises(FetchFailed):
            await fetched(web.fetcher, "http://pictures.example/")

    assert web.ours.accepted == 0
    assert web.wires.opened == [(PUBLIC, 80)] * 3


@pytest.mark.parametrize(
    "location",
    [
        *(
            "file:///etc/passwd",
            "gopher://pictures.example/",
            "ftp://a.example/",
            "javascript:alert(1)",
            "data:image/png,x",
        ),
        *("http://pictures.example:22/", "http://user@other.example/", "", "http://["),
    ],
)
async def test_36_no_redirect_leads_to_another_protocol_port_or_user(web: Web, location: str) -> None:
    web.public.answers["pictures.example", "/"] = answer(status=302, location=location)
    with pytest.raises(FetchFailed):
        await fetched(web.fetcher, "http://pictures.example/")

    assert web.wires.opened == [(PUBLIC, 80)]


async def test_36_proxies_of_the_environment_are_not_used(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        for spelled in (name, name.upper()):
            monkeypatch.setenv(spelled, f"http://127.0.0.1:{web.ours.port}")
    web.put("http://pictures.example/", PNG)

    assert await fetched(web.fetcher, "http://pictures.example/") == ("image/png", PNG)
    assert web.ours.accepted == 0


async def test_36_the_system_looks_names_up_once_whole_and_as_they_are(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wildcard service's name for 127.0.0.1, as the system's own resolver answers it."""
    asked: list[str] = []

    def getaddrinfo(name: str, port: object, **_: object) -> list[object]:
        asked.append(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    resolver = SystemResolver()
    fetcher = HttpFetcher(PublicNetwork(resolver, inner=web.wires), ports={*PORTS, web.ours.port})
    with pytest.raises(FetchFailed):
        await fetched(fetcher, f"http://127.0.0.1.nip.example:{web.ours.port}/")
    resolver.close()

    assert asked == ["127.0.0.1.nip.example."]
    assert untouched(web)


@pytest.mark.parametrize(
    "failure", [socket.gaierror(-2, "no such name"), UnicodeError("too long"), OSError("no network")]
)
async def test_a_name_that_cannot_be_looked_up_leads_nowhere(
    web: Web, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def getaddrinfo(*_: object, **__: object) -> list[object]:
        raise failure

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    resolver = SystemResolver()
    with pytest.raises(FetchFailed):
        await fetched(HttpFetcher(PublicNetwork(resolver, inner=web.wires)), "http://pictures.example/")
    resolver.close()

    assert untouched(web)


async def test_36_no_socket_of_this_machine_is_opened(web: Web) -> None:
    network = PublicNetwork(web.names, inner=web.wires)
    with pytest.raises(FetchFailed):
        await network.connect_unix_socket("/var/run/docker.sock")


async def test_36_connections_are_opened_by_addresses_and_never_by_names(web: Web) -> None:
    names = Names(pictures=[("2606:4700::1111", PUBLIC)])
    network = PublicNetwork(names, inner=web.wires)
    await (await network.connect_tcp("pictures.example", 80)).aclose()

    assert web.wires.opened == [("2606:4700::1111", 80)]


@pytest.mark.parametrize("failure", [httpcore.ConnectError, httpcore.ConnectTimeout])
async def test_another_address_of_a_name_is_tried_where_one_does_not_answer(web: Web, failure: type[Exception]) -> None:
    waits: list[float | None] = []

    class FirstIsDown(httpcore.AsyncNetworkBackend):
        async def connect_tcp(
            self, host: str, port: int, timeout: float | None = None, *_: object, **__: object
        ) -> httpcore.AsyncNetworkStream:
            waits.append(timeout)
            if host != PUBLIC:
                raise failure
            return await web.wires.connect_tcp(host, port)

    network = PublicNetwork(Names(pictures=[("1.1.1.1", PUBLIC)]), inner=FirstIsDown())
    await (await network.connect_tcp("pictures.example", 80)).aclose()

    assert web.wires.opened == [(PUBLIC, 80)]
    assert waits == [3.0, 3.0]
