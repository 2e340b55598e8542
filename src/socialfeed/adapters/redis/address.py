"""Where a Redis is, as an operator writes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from redis.asyncio.connection import parse_url

AREAS: Final[Mapping[str, int]] = {"general": 0, "cache": 1, "sessions": 2, "counters": 3, "broker": 4, "results": 5}
"""The database number of each area, unless the URL names one for all."""

_USAGE = "redis://[user:password@]host[:port][/database], rediss://..., valkey://... or unix:///path"
_PREFIX = re.compile(r"[!-z|~]{1,64}")
"""Printable and without braces, which would take the place of the hash tag in a key."""


@dataclass(frozen=True, slots=True)
class Address:
    """`place` is for people: host and port, or the path, never a password. `options` are for redis-py."""

    place: str
    options: Mapping[str, Any] = field(repr=False)
    database: int
    prefix: str
    timeout: float

    def database_of(self, area: str) -> int:
        return self.database or AREAS[area]


def address_from_url(url: str) -> Address:
    """Raises `ValueError` with one line that does not repeat the URL: it may hold a password."""
    scheme, _, rest = url.partition("://")
    scheme = {"valkey": "redis"}.get(scheme, scheme)
    options: dict[str, Any] = {}
    try:
        path = urlsplit(url).path
        options.update(parse_url(f"{scheme}://{rest}"))
        prefix = options.pop("prefix", "sf:")
        timeout = float(options.pop("timeout", 0.2))
        database = int(options.pop("db", 0))
    except ValueError:
        raise ValueError(f"This is not the URL of a Redis: {_USAGE}.") from None
    if scheme == "unix":
        place = options.get("path", "")
    else:
        place = f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
    if not place or database < 0 or (scheme != "unix" and not re.fullmatch(r"(/\d*)?", path)):
        raise ValueError(f"This is not the URL of a Redis: {_USAGE}.")
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("The prefix of a Redis URL is 1 to 64 printable characters other than braces.")
    if not 0 < timeout <= 60:
        raise ValueError("The timeout of a Redis URL is in seconds, above 0 and at most 60.")
    return Address(place, options, database, prefix, timeout)
