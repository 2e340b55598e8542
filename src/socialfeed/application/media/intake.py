"""A file on its way in: measured and known by its content while it comes, and nowhere but on disk."""

from collections.abc import AsyncIterator, Callable

from socialfeed.application.ports.media import MediaProcessor, ScratchFile
from socialfeed.domain.errors import MediaTooLarge, MediaTypeNotAllowed, Rejected, VideoNotSupported
from socialfeed.domain.media import Header, MediaKind

BEGINNING = 64
"""Bytes after which the type of a file is known."""


class Intake:
    """Takes a file piece by piece, and no more of it once it is refused: `refusal` says why."""

    def __init__(self, scratch: ScratchFile, processor: MediaProcessor, limit_of: Callable[[MediaKind], int]) -> None:
        self.refusal: Rejected | None = None
        self._scratch = scratch
        self._processor = processor
        self._limit_of = limit_of
        self._beginning = b""
        self._content_type: str | None = None
        self._limit = 0

    @property
    def size(self) -> int:
        return self._scratch.size

    def refuse(self, error: Rejected) -> None:
        self.refusal = self.refusal or error

    async def write(self, chunk: bytes) -> None:
        """Does nothing once the file is refused."""
        if self._content_type is None and self.refusal is None:
            self._beginning += chunk[: BEGINNING - len(self._beginning)]
            if len(self._beginning) >= BEGINNING:
                self._recognise()
        if self._content_type is not None and self.size + len(chunk) > self._limit:
            self.refuse(MediaTooLarge(field="file"))
        if self.refusal is None:
            await self._scratch.write(chunk)

    async def header(self) -> Header:
        """Once all of it is there. Raises the refusal, and `Invalid` for a header that says too much."""
        if self._content_type is None and self.refusal is None:
            self._recognise()
        if self.refusal is not None:
            raise self.refusal
        assert self._content_type is not None  # noqa: S101 - recognised or refused
        header = await self._processor.header(self._content_type, self._scratch)
        if header.kind is MediaKind.IMAGE:
            header.check()
        return header

    def chunks(self) -> AsyncIterator[bytes]:
        return self._scratch.chunks()

    def _recognise(self) -> None:
        content_type = self._processor.content_type(self._beginning)
        if content_type is None:
            self.refuse(MediaTypeNotAllowed(field="file"))
        elif (kind := Header(content_type).kind) is MediaKind.VIDEO and not self._processor.takes_video:
            self.refuse(VideoNotSupported(field="file"))
        else:
            self._content_type, self._limit = content_type, self._limit_of(kind)
            if self.size > self._limit:
                self.refuse(MediaTooLarge(field="file"))
