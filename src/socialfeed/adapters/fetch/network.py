"""The one place where fetching opens a connection."""

from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address

from httpcore import (
    SOCKET_OPTION,
    AnyIOBackend,
    AsyncNetworkBackend,
    AsyncNetworkStream,
    ConnectError,
    ConnectTimeout,
)

from socialfeed.adapters.fetch.resolver import Resolve
from socialfeed.adapters.fetch.targets import literal
from socialfeed.domain.addresses import is_public
from socialfeed.domain.errors import FetchFailed

_TRIES = 3
"""Addresses of one name that are tried, in the resolver's order."""

_EACH = 3.0
"""Seconds for one of them to answer: IPv6 may lead nowhere while IPv4 does."""


class PublicNetwork(AsyncNetworkBackend):
    """A network with public addresses in it and nothing else.

    A name is looked up once for each connection; every address it has must pass, and those very addresses are connected
    to. So there is no moment between the check and the use at which a name could come to mean another address. The
    caller keeps the name for `Host`, SNI and the certificate.
    """

    def __init__(
        self,
        resolve: Resolve,
        allows: Callable[[IPv4Address | IPv6Address], bool] = is_public,
        inner: AsyncNetworkBackend | None = None,
    ) -> None:
        self._resolve = resolve
        self._allows = allows
        self._inner = inner or AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the name is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Raises `FetchFailed` unless all of the host's addresses are allowed, and httpcore's errors."""
        wait = _EACH if timeout is None else timeout
        failure: Exception = FetchFailed()
        for address in (await self._addresses(host))[:_TRIES]:
            try:
                return await self._inner.connect_tcp(str(address), port, wait, local_address, socket_options)
            except (ConnectError, ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        raise FetchFailed

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    async def _addresses(self, host: str) -> Sequence[IPv4Address | IPv6Address]:
        written = literal(host)
        addresses = [written] if written is not None else await self._resolve(host)
        if not all(self._allows(address) for address in addresses):
            raise FetchFailed
        return addresses
