"""An internet of two servers: one that stands for all public ones, and one of ours that nobody may reach."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from httpcore import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream

from socialfeed.adapters.fetch import HttpFetcher, PublicNetwork
from socialfeed.adapters.fetch.targets import PORTS
from socialfeed.application.ports.fetch import Fetcher
from socialfeed.domain.addresses import is_public
from socialfeed.domain.errors import FetchFailed

PUBLIC = "93.184.215.14"
Address = IPv4Address | IPv6Address


class Server:
    """Counts who connects, and keeps what they sent."""

    def __init__(self) -> None:
        self.accepted = 0
        self.heads: list[str] = []
        self.names: list[str | None] = []
        """By SNI."""
        self.answers: dict[tuple[str, str], bytes] = {}
        """By `Host` and path: the whole answer, as it goes over the wire."""
        self.stalls = False
        """Whether it keeps the connection open after what it has to say."""
        self.port = 0
        self.over = asyncio.Event()

    @asynccontextmanager
    async def running(self, trust: ssl.SSLContext | None = None) -> AsyncIterator["Server"]:
        if trust is not None:
            trust.sni_callback = lambda _, name, __: self.names.append(name)
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=trust)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            yield self
            self.over.set()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(head)
            lines = head.split("\r\n")
            host = next(line.partition(": ")[2] for line in lines if line.lower().startswith("host:"))
            writer.write(
                self.answers.get((host, lines[0].split(" ")[1]), b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
            )
            await writer.drain()
            if self.stalls:
                await self.over.wait()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def answer(content: bytes = b"", *, status: int = 200, chunked: bool = False, **headers: str) -> bytes:
    """A whole answer. `headers` with underscores for hyphens."""
    if chunked:
        headers.setdefault("transfer_encoding", "chunked")
        content = f"{len(content):x}\r\n".encode() + content + b"\r\n0\r\n\r\n"
    else:
        headers.setdefault("content_length", str(len(content)))
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} As asked\r\n{lines}\r\n".encode() + content


class Wires(AsyncNetworkBackend):
    """Where every connection is opened, and counted. Public addresses lead to the public server, and all others to the
    one of ours, so that what should not have been opened would be felt.
    """

    def __init__(self, public: Server, ours: Server) -> None:
        self._public = public
        self._ours = ours
        self.opened: list[tuple[str, int]] = []

    async def connect_tcp(self, host: str, port: int, *rest: Any, **more: Any) -> AsyncNetworkStream:
        self.opened.append((host, port))
        # A name in place of an address would be looked up again: it is none, so this would raise.
        server = self._public if is_public(ip_address(host)) else self._ours
        return await AnyIOBackend().connect_tcp("127.0.0.1", server.port)

    async def connect_unix_socket(self, *_: Any, **__: Any) -> AsyncNetworkStream:
        raise AssertionError("nobody asked for a socket")

    async def sleep(self, _: float) -> None:
        raise AssertionError("nothing is tried again")


class Names:
    """A resolver. Names have one answer after the other, the last for ever; all others are public."""

    def __init__(self, **answers: Sequence[str | Sequence[str]]) -> None:
        self._answers = {f"{name}.example": list(each) for name, each in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, name: str) -> list[Address]:
        self.asked.append(name)
        if name == "nowhere.example":
            raise FetchFailed
        left = self._answers.get(name, [PUBLIC])
        found = left.pop(0) if len(left) > 1 else left[0]
        return [ip_address(address) for address in ([found] if isinstance(found, str) else found)]


class Web:
    """Both servers, the wires to them, and fetchers that use these wires."""

    def __init__(self, public: Server, ours: Server) -> None:
        self.public = public
        self.ours = ours
        self.wires = Wires(public, ours)
        self.names = Names()
        self.fetcher: Fetcher = self.fetching()

    def fetching(
        self,
        names: Names | None = None,
        *,
        allows: Callable[[Address], bool] = is_public,
        ports: Iterable[int] = (),
        **more: Any,
    ) -> HttpFetcher:
        """A fetcher to whom the port of our server is open: nothing but the address keeps it away."""
        network = PublicNetwork(names or self.names, allows, self.wires)
        return HttpFetcher(network, ports={*PORTS, self.ours.port, *ports}, **more)

    def put(self, url: str, content: bytes = b"", *, location: str | None = None) -> None:
        """For `FetcherContract`."""
        host, slash, path = url.partition("://")[2].partition("/")
        whole = answer(content) if location is None else answer(status=302, location=location)
        self.public.answers[host, slash + path] = whole


@asynccontextmanager
async def open_web(trust: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    async with Server().running(trust) as public, Server().running() as ours:
        yield Web(public, ours)
