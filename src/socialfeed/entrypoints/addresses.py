"""Who is at the other end, seen through proxies.

`X-Forwarded-For` is written by whoever sends it, so it is read from the right and only as far as trusted proxies
wrote it: each trusted proxy appended the address that it was called from.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from socialfeed.domain.addresses import parse_address

Networks = Sequence[IPv4Network | IPv6Network]

_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([^:]+):\d+")
"""Some proxies write `192.0.2.1:4711` and `[2001:db8::1]:4711`."""


def client_address(peer: str, forwarded: Iterable[str], trusted: Networks) -> str:
    """The last hop that no trusted proxy answers for. `forwarded` are the values of all `X-Forwarded-For` headers in
    their order. A hop that is no address ends the search at the proxy that wrote it.
    """
    client = parse_address(peer)
    if client is None:
        return peer
    hops = ",".join(forwarded).split(",")
    while hops and any(client in network for network in trusted):
        hop = parse_address(_without_port(hops.pop().strip()))
        if hop is None:
            break
        client = hop
    return str(client)


def _without_port(hop: str) -> str:
    match = _WITH_PORT.fullmatch(hop)
    return hop if match is None else match[1] or match[2]


class ForwardedClients:
    """Puts the client's address where the server put the last proxy's, so that everything behind sees one truth."""

    def __init__(self, app: ASGIApp, trusted: Networks) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = scope.get("client")
        if peer is not None:
            host, port = peer
            address = client_address(host, Headers(scope=scope).getlist("x-forwarded-for"), self._trusted)
            scope = {**scope, "client": (address, port if address == host else 0)}
        await self._app(scope, receive, send)
