"""From a text to where a request goes. The text is read once, here, and nothing after reads it differently."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote, urlsplit

import idna

from socialfeed.domain.errors import FetchFailed, Invalid
from socialfeed.domain.text import clean_url

PORTS = frozenset({80, 443})
_DEFAULT_PORTS = {"http": 80, "https": 443}

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NAME_MAX = 253
_OURS = ("localhost", "local", "internal", "home.arpa", "onion")
"""Endings of names that mean nothing on the public internet (RFC 6761, 6762, 7686, 8375)."""

_AS_IT_IS = "/:?#[]@!$&'()*+,;=%~-._|"


@dataclass(frozen=True, slots=True)
class Target:
    """`host` is a lower-case ASCII name without a dot at its end, or an address as Python writes it. `path` begins with
    a slash and holds the query, too, in ASCII.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """For `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def target(url: str, ports: Collection[int] = PORTS) -> Target:
    """Raises `FetchFailed` for an address that is not http or https, names another port or a user, or whose host is
    neither a public sort of name nor an IP address written in full.
    """
    try:
        parts = urlsplit(clean_url(url, "url"))
        port = _DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
        host = _host(parts.netloc, parts.hostname or "")
    except (Invalid, ValueError) as error:  # idna's errors are ValueErrors
        raise FetchFailed from error
    if port not in ports:
        raise FetchFailed
    path = quote(parts.path or "/", safe=_AS_IT_IS)
    return Target(parts.scheme, host, port, f"{path}?{quote(parts.query, safe=_AS_IT_IS)}" if parts.query else path)


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address, if the host of a target is one."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _host(netloc: str, host: str) -> str:
    """Raises `ValueError`."""
    if "@" in netloc or "%" in host or "\\" in netloc:
        raise ValueError
    if "[" in netloc:
        return str(IPv6Address(host))
    name = host if host.isascii() else idna.encode(host, uts46=True).decode()
    if _NUMBER.fullmatch(name.removesuffix(".").rpartition(".")[2]):
        # Libraries read such hosts as addresses in more than one way (127.1, 0x7f.1, 0177.0.0.1, 2130706433): only the
        # one way of four decimal numbers, in ASCII, passes. The URL standard of the WHATWG calls these hosts that end
        # in a number.
        return str(IPv4Address(host))
    name = name.removesuffix(".").lower()
    if len(name) > _NAME_MAX or not _NAME.fullmatch(name) or f".{name}".endswith(tuple(f".{end}" for end in _OURS)):
        raise ValueError
    return name
