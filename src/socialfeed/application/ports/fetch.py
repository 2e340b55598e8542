"""Images on other people's servers."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

MAX_BYTES = 10_000_000
MAX_REDIRECTS = 3


class FetchedImage(NamedTuple):
    """`chunks` yields the content once, and raises `FetchFailed` where it breaks off or goes past `MAX_BYTES`."""

    media_type: str
    chunks: AsyncIterator[bytes]


class Fetcher(Protocol):
    def image(self, url: str) -> AbstractAsyncContextManager[FetchedImage]:
        """The image at an http or https address, by GET, with nothing of the client in the request. At most
        `MAX_REDIRECTS` redirects are followed, each held to the same rules.

        Nothing is connected to but public addresses, on ports 80 and 443: the addresses that were checked are those
        that are connected to. What it is, its content says: JPEG, PNG, GIF or WebP. Raises `FetchFailed` for
        everything else, and `FetchTimedOut` when the other side takes too long.
        """
