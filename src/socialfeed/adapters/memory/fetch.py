"""Other people's servers, as a dictionary."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urljoin

from socialfeed.application.ports.fetch import MAX_BYTES, MAX_REDIRECTS, FetchedImage
from socialfeed.domain.errors import FetchFailed
from socialfeed.domain.images import HEAD, image_type

CHUNK = 64 * 1024


class _Answer(NamedTuple):
    content: bytes
    location: str | None


class MemoryFetcher:
    """Where nothing was put, nothing answers; no other rule for addresses is needed where there is no network."""

    def __init__(self) -> None:
        self._answers: dict[str, _Answer] = {}
        self.asked: list[str] = []
        """The addresses that were fetched, redirects among them."""

    def put(self, url: str, content: bytes = b"", *, location: str | None = None) -> None:
        """What is answered there from now on: a content, or that it is elsewhere."""
        self._answers[url] = _Answer(content, location)

    @asynccontextmanager
    async def image(self, url: str) -> AsyncIterator[FetchedImage]:
        content = self._follow(url)
        media_type = image_type(content[:HEAD])
        if media_type is None:
            raise FetchFailed
        yield FetchedImage(media_type, _chunks(content))

    def _follow(self, url: str) -> bytes:
        for _ in range(1 + MAX_REDIRECTS):
            self.asked.append(url)
            answer = self._answers.get(url)
            if answer is None:
                break
            if answer.location is None:
                return answer.content
            url = urljoin(url, answer.location)
        raise FetchFailed


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, min(len(content), MAX_BYTES), CHUNK):
        yield content[start : min(start + CHUNK, MAX_BYTES)]
    if len(content) > MAX_BYTES:
        raise FetchFailed
