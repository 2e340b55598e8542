"""Images of other servers: shown by their address, and fetched only where the operator says so (statement 36)."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

import anyio
import pytest
from dependency_injector import providers
from starlette.types import Message, Scope

from socialfeed.adapters.memory import MemoryFetcher, MemoryRateLimiter
from socialfeed.application.media import images
from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.application.ports.fetch import MAX_BYTES, FetchedImage, Fetcher
from socialfeed.application.ports.limits import Limit, Verdict
from socialfeed.container.wiring import Container
from socialfeed.domain.errors import FetchTimedOut, Unavailable
from socialfeed.testing.client import Client, Response, open_client
from socialfeed.testing.contracts.fetch import IMAGES, PNG
from tests.integration.fetch.test_no_way_in import INTO_OUR_NETWORK, SPELLINGS
from tests.integration.fetch.web import PUBLIC, Names, Web, open_web
from tests.integration.product.conftest import BACKENDS, backend

HERE = "https://pictures.example/a.png"
CREATE = (
    'mutation ($u: String) { createPost(content: "a", imageUrl: $u) {'
    " post { id image imageProxy } errors { code field } } }"
)


@contextmanager
def reached_by(fetcher: Fetcher) -> Iterator[None]:
    with Container.fetcher.override(providers.Object(fetcher)):
        yield


@asynccontextmanager
async def proxying(fetcher: Fetcher, **settings: Any) -> AsyncIterator[Client]:
    """The product with its proxy on, and somebody who posts."""
    with reached_by(fetcher):
        async with open_client(fetch_proxy=True, **settings) as client:
            yield await client.sign_up("ada")


async def proxied(client: Client, url: str = HERE) -> str:
    """The address of an image through us."""
    post = (await client.run(CREATE, {"u": url}))["createPost"]["post"]
    assert post["image"] == url
    return str(post["imageProxy"])


async def look(client: Client, path: str, **headers: str) -> Response:
    return await Client(client.app, client.asgi, address=client.address).request("GET", path, headers=headers)


def code_of(response: Response) -> str:
    """That of a problem which says nothing more than it should."""
    problem = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert set(problem) <= {"type", "title", "status", "detail", "code", "requestId", "retryAfter"}
    assert "example" not in response.body.decode()
    return str(problem["code"])


async def test_off_unless_it_is_turned_on_and_then_nothing_leads_to_it(client: Client) -> None:
    ada = await client.sign_up("ada")
    post = (await ada.run(CREATE, {"u": HERE}))["createPost"]["post"]
    async with proxying(MemoryFetcher(), secret_key=client.app.settings.secret_key) as other:
        path = await proxied(other)

    assert (post["image"], post["imageProxy"]) == (HERE, None)
    assert (await look(client, path)).status == 404


@pytest.mark.parametrize("name", BACKENDS)
async def test_an_image_is_had_through_us(name: str, request: pytest.FixtureRequest, tmp_path: Any) -> None:
    fetcher = MemoryFetcher()
    fetcher.put(HERE, PNG)
    settings = {"data_dir": tmp_path, **await backend(name, request, tmp_path)}
    async with proxying(fetcher, **settings) as ada:
        without = (await ada.run(CREATE, {"u": None}))["createPost"]["post"]
        path = await proxied(ada)
        response = await look(ada, path)

    assert without["imageProxy"] is None
    assert path.startswith("/media/proxy/")
    assert (response.status, response.body) == (200, PNG)
    assert fetcher.asked == [HERE]


@pytest.mark.parametrize("media_type", IMAGES)
async def test_an_answer_is_an_image_and_can_be_nothing_else(media_type: str) -> None:
    fetcher = MemoryFetcher()
    fetcher.put(HERE, IMAGES[media_type] + b"<script>alert(1)</script>")
    async with proxying(fetcher) as ada:
        headers = (await look(ada, await proxied(ada))).headers

    assert headers["content-type"] == media_type
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["content-disposition"] == "inline"
    assert headers["cache-control"] == "public, max-age=86400"


async def test_only_what_was_signed_here_is_fetched() -> None:
    fetcher = MemoryFetcher()
    other = "https://other.example/b.png"
    for url in (HERE, other):
        fetcher.put(url, PNG)
    async with proxying(fetcher, secret_key="another secret of at least 32 characters") as stranger:
        foreign = await proxied(stranger)
    async with proxying(fetcher) as ada:
        good = await proxied(ada)
        signature, address = good.removeprefix("/media/proxy/").split("/")
        another = base64.urlsafe_b64encode(other.encode()).decode().rstrip("=")
        last = signature[:-1] + ("A" if signature[-1] != "A" else "B")
        forged = [
            foreign,
            f"/media/proxy/{signature}/{another}",
            f"/media/proxy/{last}/{address}",
            f"/media/proxy/{signature[:-1]}/{address}",
            f"/media/proxy/{signature}=/{address}",
            f"/media/proxy/{signature}/{address}=",
            f"/media/proxy/{signature}/{address}/",
            f"/media/proxy/{signature}/{address}?more",
            f"/media/proxy/{address}",
            f"/media/proxy//{address}",
            f"/media/proxy/{signature}/",
            f"/media/proxy/{signature}",
            "/media/proxy/",
            "/media/proxy/é/ü",
            f"/media/proxy/{signature}/{HERE}",
        ]
        # A query is nothing of ours, and changes nothing.
        codes = {path: (await look(ada, path)).status for path in forged}

        assert {path for path, status in codes.items() if status != 404} == {f"{good}?more"}
        assert code_of(await look(ada, forged[1])) == "NOT_FOUND"
        assert fetcher.asked == [HERE]


async def test_what_cannot_be_had_is_a_problem_without_details() -> None:
    class Slow:
        def image(self, url: str) -> AbstractAsyncContextManager[FetchedImage]:
            raise FetchTimedOut

    page = MemoryFetcher()
    page.put(HERE, b"<html>")
    cases: list[tuple[Fetcher, int, str]] = [(page, 502, "FETCH_FAILED"), (Slow(), 504, "FETCH_TIMED_OUT")]
    for fetcher, status, code in cases:
        async with proxying(fetcher) as ada:
            response = await look(ada, await proxied(ada))
        assert (response.status, code_of(response)) == (status, code)


async def test_an_image_that_breaks_off_is_an_answer_that_breaks_off() -> None:
    fetcher = MemoryFetcher()
    fetcher.put(HERE, PNG.ljust(MAX_BYTES + 1, b"x"))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    async with proxying(fetcher) as ada:
        path = await proxied(ada)
        scope: Scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
        await ada.asgi({**scope, "raw_path": path.encode(), "root_path": "", "client": ("127.0.0.1", 1)}, receive, send)

    assert sent[0]["status"] == 200
    assert sum(len(message["body"]) for message in sent[1:]) == MAX_BYTES
    assert all(message["more_body"] for message in sent[1:])


async def test_each_client_address_has_so_many_and_more_leave_an_entry_in_the_log() -> None:
    fetcher = MemoryFetcher()
    fetcher.put(HERE, PNG)
    async with proxying(fetcher, rate_limit="off") as ada:
        path = await proxied(ada)
    async with open_proxy_with_limit(fetcher, "3/day") as client:
        statuses = [(await look(client, path)).status for _ in range(4)]
        refused = await look(client, path)
        await client.settle()
        elsewhere = await look(Client(client.app, client.asgi, address="192.0.2.7"), path)
        entries = await client.app.storage.activity.entries(ActivityFilter(), limit=10)

    assert statuses == [200, 200, 200, 429]
    assert (code_of(refused), int(refused.headers["retry-after"]) > 0) == ("RATE_LIMITED", True)
    assert elsewhere.status == 200
    assert [(entry.action, entry.outcome, entry.address) for entry in entries] == [
        ("image:fetch", "limited", "127.0.0.1")
    ]


@asynccontextmanager
async def open_proxy_with_limit(fetcher: Fetcher, rate: str) -> AsyncIterator[Client]:
    with reached_by(fetcher):
        async with open_client(fetch_proxy=True, rate_limit=rate) as client:
            yield client


async def test_nobody_who_can_count_is_no_reason_to_show_nothing() -> None:
    class Away(MemoryRateLimiter):
        async def hit(self, key: str, limit: Limit, cost: int = 1) -> Verdict:
            raise Unavailable

    fetcher = MemoryFetcher()
    fetcher.put(HERE, PNG)
    async with proxying(fetcher) as ada:
        path = await proxied(ada)
    with Container.limiter.override(providers.Object(Away())):
        async with open_proxy_with_limit(fetcher, "1/day") as client:
            assert (await look(client, path)).status == 200


async def test_so_many_images_are_fetched_at_once_and_the_others_wait_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running, go_on = 0, asyncio.Event()

    class Held(MemoryFetcher):
        @asynccontextmanager
        async def image(self, url: str) -> AsyncIterator[FetchedImage]:
            nonlocal running
            running += 1
            await go_on.wait()
            async with super().image(url) as image:
                yield image
            running -= 1

    fetcher = Held()
    fetcher.put(HERE, PNG)
    async with proxying(fetcher) as ada:
        path = await proxied(ada)
        first = [asyncio.create_task(look(ada, path)) for _ in range(images.AT_ONCE)]
        while running < images.AT_ONCE:
            await asyncio.sleep(0)
        monkeypatch.setattr(images, "PATIENCE", 0)
        impatient = await look(ada, path)
        monkeypatch.setattr(images, "PATIENCE", 60)
        patient = asyncio.create_task(look(ada, path))
        await asyncio.sleep(0)
        assert running == images.AT_ONCE
        go_on.set()
        answers = [*await asyncio.gather(*first), await patient]

    assert (impatient.status, code_of(impatient)) == (504, "FETCH_TIMED_OUT")
    assert [answer.status for answer in answers] == [200] * (images.AT_ONCE + 1)


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with open_web() as web:
        yield web


async def test_36_nothing_of_the_client_goes_along(web: Web) -> None:
    url = "http://pictures.example/a.png?b=c"
    web.put(url, PNG)
    secrets = {
        "Cookie": "session=secret",
        "Authorization": "Bearer secret",
        "X-Forwarded-For": "192.0.2.7",
        "Referer": "https://feed.example/secret",
        "User-Agent": "secret",
        "Accept-Language": "secret",
        "X-Request-ID": "secret",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "Range": "bytes=0-3",
    }
    async with proxying(web.fetcher) as ada:
        response = await look(ada, await proxied(ada, url), **secrets)

    assert (response.status, response.body) == (200, PNG)
    [head] = web.public.heads
    assert head.startswith("GET /a.png?b=c HTTP/1.1\r\nHost: pictures.example\r\n")
    names = {line.partition(":")[0].lower() for line in head.split("\r\n")[1:] if line}
    assert names == {"host", "accept", "accept-encoding", "connection", "user-agent"}
    assert "secret" not in head


async def test_36_no_image_of_a_post_opens_a_connection_into_our_network(web: Web) -> None:
    names = Names(pictures=["127.0.0.1"], mixed=[(PUBLIC, "10.0.0.1")], bound=[PUBLIC, "127.0.0.1"])
    hosts = [*SPELLINGS, "pictures.example", "mixed.example"]
    async with proxying(web.fetching(names)) as ada:
        taken = 0
        for url in (f"http://{host}:{web.ours.port}/a.png" for host in hosts):
            created = (await ada.run(CREATE, {"u": url}))["createPost"]
            if created["post"] is None:
                assert [error["field"] for error in created["errors"]] == ["imageUrl"]
                continue
            taken += 1
            response = await look(ada, created["post"]["imageProxy"])
            assert (response.status, code_of(response)) == (502, "FETCH_FAILED"), url

    assert taken > 40
    assert (web.ours.accepted, web.wires.opened) == (0, [])


async def test_36_as_it_is_wired_it_connects_to_public_addresses_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[tuple[str, int]] = []

    async def connect_tcp(remote_host: str, remote_port: int, **_: object) -> None:
        connected.append((remote_host, remote_port))
        raise OSError("no network in a test")

    monkeypatch.setattr(anyio, "connect_tcp", connect_tcp)
    async with open_client(fetch_proxy=True) as client:
        ada = await client.sign_up("ada")
        for host in ("127.0.0.1", "[::1]", "169.254.169.254", PUBLIC):
            response = await look(ada, await proxied(ada, f"http://{host}/a.png"))
            assert (response.status, code_of(response)) == (502, "FETCH_FAILED")

    assert connected == [(PUBLIC, 80)]


async def test_36_without_the_proxy_nothing_is_looked_up_or_connected_to(web: Web) -> None:
    with reached_by(web.fetcher):
        async with open_client() as client:
            ada = await client.sign_up("ada")
            for host in ("pictures.example", *INTO_OUR_NETWORK):
                await ada.run(CREATE, {"u": f"http://{f'[{host}]' if ':' in host else host}:{web.ours.port}/a.png"})
            await client.settle()
            assert len((await ada.run("{ userFeed(itemsPerPage: 100) { items { image } } }"))["userFeed"]["items"]) > 16

    assert web.names.asked == []
    assert (web.ours.accepted, web.wires.opened) == (0, [])
