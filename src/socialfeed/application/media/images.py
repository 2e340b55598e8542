"""Images on other people's servers, shown through ours, so that those servers learn nothing of who looks."""

import asyncio
import base64
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from socialfeed.application.activity import ActivityNotes
from socialfeed.application.ports.fetch import FetchedImage, Fetcher
from socialfeed.application.ports.limits import Limit, RateLimiter
from socialfeed.domain.activity import Action, Outcome
from socialfeed.domain.addresses import limit_key
from socialfeed.domain.errors import FetchTimedOut, NotFound, RateLimited, Unavailable
from socialfeed.domain.permissions import Actor

AT_ONCE = 8
"""Images on their way through one process: each holds a connection there and one here."""

PATIENCE = 5.0
"""Seconds to wait for a place among these."""


class ImageProxy:
    """Off without a fetcher. Addresses are signed, so that nothing is fetched but what was posted here."""

    def __init__(
        self, fetcher: Fetcher | None, key: bytes, limiter: RateLimiter, limit: Limit | None, notes: ActivityNotes
    ) -> None:
        self._fetcher = fetcher
        self._key = key
        self._limiter = limiter
        self._limit = limit
        self._notes = notes
        self._places = asyncio.Semaphore(AT_ONCE)

    def path(self, url: str) -> str | None:
        """Where the image at `url` is had here: `<signature>/<address>`, both in base64url; None while this is off."""
        if self._fetcher is None:
            return None
        address = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
        return f"{self._signature(address)}/{address}"

    @asynccontextmanager
    async def open(self, actor: Actor, path: str) -> AsyncIterator[FetchedImage]:
        """The image of a `path`. Raises `NotFound` for one that is not ours, `RateLimited`, and as `Fetcher` does."""
        signature, _, address = path.partition("/")
        if self._fetcher is None or not self._is_ours(signature, address):
            raise NotFound("There is nothing here.")
        await self._spend(actor)
        await self._take_a_place()
        try:
            async with self._fetcher.image(_decoded(address)) as image:
                yield image
        finally:
            self._places.release()

    def _is_ours(self, signature: str, address: str) -> bool:
        return hmac.compare_digest(self._signature(address).encode(), signature.encode(errors="replace"))

    def _signature(self, address: str) -> str:
        """Over the address as it is written, so that there is one way to write it."""
        digest = hmac.digest(self._key, address.encode(errors="replace"), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    async def _spend(self, actor: Actor) -> None:
        if self._limit is None or not actor.address:
            return
        try:
            verdict = await self._limiter.hit(f"{Action.IMAGE_FETCH}:address:{limit_key(actor.address)}", self._limit)
        except Unavailable:
            return  # Pictures are worth no shut door: places and times stay limited.
        if not verdict.allowed:
            self._notes.note(actor, Action.IMAGE_FETCH, Outcome.LIMITED)
            raise RateLimited(verdict.retry_after)

    async def _take_a_place(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._places.acquire()
        except TimeoutError:
            raise FetchTimedOut from None


def _decoded(address: str) -> str:
    return base64.urlsafe_b64decode(address + "=" * (-len(address) % 4)).decode()
