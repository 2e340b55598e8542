"""What an answer with feeds says in its headers about how they came to be.

Of feeds only: a header that said whether a single post came from a cache would tell that there is one to somebody who
may not see it, and one that said how long a sign-in took would tell what the sign-in takes care not to tell.
"""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from socialfeed.application.cache_use import CacheUse, noted_cache_use

R = TypeVar("R")


class FeedNotes:
    """Of all feeds of one request together."""

    def __init__(self) -> None:
        self._use = CacheUse()
        self._seconds = 0.0

    @contextmanager
    def noted(self) -> Iterator[None]:
        started = time.perf_counter()
        with noted_cache_use(self._use):
            yield
        self._seconds += time.perf_counter() - started

    def headers(self) -> dict[str, str]:
        """None where no feed was answered. `X-Cache-TTL` is in whole seconds."""
        if not self._seconds:
            return {}
        headers = {"Server-Timing": f"feed;dur={self._seconds * 1000:.1f}"}
        use = self._use
        if use.status is not None:
            headers["X-Cache-Status"] = use.status
        if use.seconds is not None:
            headers["X-Cache-TTL"] = str(int(use.seconds))
        if use.database is not None:
            headers["X-Redis-DB"] = str(use.database)
        return headers


def noted_feed(resolve: Callable[..., Awaitable[R]]) -> Callable[..., Awaitable[R]]:
    """For resolvers of feeds."""

    @wraps(resolve)
    async def noted(parent: Any, info: Any, **arguments: Any) -> R:
        with info.context.feeds.noted():
            return await resolve(parent, info, **arguments)

    return noted
