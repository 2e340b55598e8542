"""Images over HTTP/1.1, by httpcore: no proxy of the environment, no cookie, no redirect but those followed here."""

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager
from urllib.parse import urljoin

import certifi
import httpcore

from socialfeed.adapters.fetch.targets import PORTS, Target, target
from socialfeed.application.ports.fetch import MAX_BYTES, MAX_REDIRECTS, FetchedImage
from socialfeed.domain.errors import FetchFailed, FetchTimedOut
from socialfeed.domain.images import HEAD, image_type

SECONDS = 10.0
"""That we wait for the other side, from the first look-up to the last byte. Waiting for our client does not count."""

_HEADERS = [
    (b"Accept", b"image/webp,image/png,image/jpeg,image/gif"),
    (b"Accept-Encoding", b"identity"),
    (b"Connection", b"close"),
    (b"User-Agent", b"socialfeed image proxy"),
]
# It tells of every header, and whose image somebody looks at is nothing for a log.
logging.getLogger("httpcore").setLevel(logging.INFO)

_REDIRECTS = {301, 302, 303, 307, 308}


class HttpFetcher:
    def __init__(
        self,
        network: httpcore.AsyncNetworkBackend,
        *,
        ports: Collection[int] = PORTS,
        seconds: float = SECONDS,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._network = network
        self._ports = ports
        self._seconds = seconds
        self._trust = trust or ssl.create_default_context(cafile=certifi.where())

    @asynccontextmanager
    async def image(self, url: str) -> AsyncIterator[FetchedImage]:
        patience = _Patience(self._seconds)
        async with AsyncExitStack() as connection:
            with _explained():
                async with patience:
                    response = await self._follow(url, connection)
                    chunks = response.aiter_stream()
                    head = await _beginning(chunks)
            media_type = image_type(head)
            if media_type is None:
                raise FetchFailed
            async with aclosing(_content(head, chunks, patience)) as content:
                yield FetchedImage(media_type, content)

    async def _follow(self, url: str, connection: AsyncExitStack) -> httpcore.Response:
        """The answer at the end of the redirects, with its connection open in `connection`."""
        for _ in range(1 + MAX_REDIRECTS):
            response = await self._ask(target(url, self._ports), connection)
            if response.status not in _REDIRECTS:
                _check(response)
                return response
            location = _header(response, b"location")
            await connection.aclose()
            if not location:
                break
            url = urljoin(url, location)
        raise FetchFailed

    async def _ask(self, where: Target, connection: AsyncExitStack) -> httpcore.Response:
        url = httpcore.URL(scheme=where.scheme, host=where.host, port=where.port, target=where.path)
        opened = httpcore.AsyncHTTPConnection(url.origin, self._trust, network_backend=self._network)
        connection.push_async_callback(opened.aclose)
        headers = [(b"Host", where.authority.encode()), *_HEADERS]
        return await connection.enter_async_context(opened.stream("GET", url, headers=headers))


class _Patience:
    """So many seconds in all, of those spent within."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    async def __aenter__(self) -> None:
        self._began = asyncio.get_running_loop().time()
        self._timeout = asyncio.timeout(max(self._left, 0))
        await self._timeout.__aenter__()

    async def __aexit__(self, *error: object) -> None:
        self._left -= asyncio.get_running_loop().time() - self._began
        await self._timeout.__aexit__(*error)  # type: ignore[arg-type]


@contextmanager
def _explained() -> Iterator[None]:
    """Everything that another server can do to us, as errors of ours."""
    try:
        yield
    except (TimeoutError, httpcore.TimeoutException) as error:
        raise FetchTimedOut from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
        raise FetchFailed from error


def _check(response: httpcore.Response) -> None:
    size = _header(response, b"content-length") or "0"
    plain = _header(response, b"content-encoding").lower() in ("", "identity")
    if response.status != 200 or not plain or int(size) > MAX_BYTES:
        raise FetchFailed


def _header(response: httpcore.Response, name: bytes) -> str:
    """The first value. Raises `ValueError` for one that is not ASCII."""
    return next((value.decode("ascii") for key, value in response.headers if key.lower() == name), "")


async def _beginning(chunks: AsyncIterator[bytes]) -> bytes:
    """Enough to tell what it is, if there is as much."""
    head = b""
    while len(head) < HEAD:
        chunk = await anext(chunks, None)
        if chunk is None:
            break
        head += chunk
    return head


async def _content(head: bytes, chunks: AsyncIterator[bytes], patience: _Patience) -> AsyncGenerator[bytes, None]:
    size = 0
    chunk: bytes | None = head
    while chunk is not None:
        size += len(chunk)
        if size > MAX_BYTES:
            raise FetchFailed
        yield chunk
        with _explained():
            async with patience:
                chunk = await anext(chunks, None)
