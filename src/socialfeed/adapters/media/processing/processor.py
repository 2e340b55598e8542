"""The parent: gives a child process its order, and takes what it made."""

import asyncio
import json
import logging
import mmap
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from socialfeed.adapters.media.processing.child import Limits
from socialfeed.adapters.media.processing.headers import content_type, read_header
from socialfeed.adapters.media.processing.scratch import Scratch, in_thread
from socialfeed.application.ports.media import Processed, ScratchFile
from socialfeed.domain.errors import (
    Invalid,
    MediaBroken,
    MediaTooLong,
    MediaTooManyPixels,
    MediaTypeNotAllowed,
    Unavailable,
)
from socialfeed.domain.media import RENDITION_WIDTHS, Header, Look, MediaKind, Rendition

log = logging.getLogger(__name__)

MB = 1_000_000

LIMITS: Mapping[MediaKind, Limits] = {
    MediaKind.IMAGE: Limits(memory=1_500 * MB, file=100 * MB, seconds=90),
    MediaKind.VIDEO: Limits(memory=3_000 * MB, file=300 * MB, seconds=1_000),
}
"""Measured: 40 megapixels take at most 0.95 GB and 7 s, ten seconds of 4K video 1.5 GB and 30 s of two cores."""

AT_ONCE: Mapping[MediaKind, int] = {MediaKind.IMAGE: 2, MediaKind.VIDEO: 1}
"""Children of each kind in one process of ours."""

WALL_SECONDS: Mapping[MediaKind, float] = {MediaKind.IMAGE: 180.0, MediaKind.VIDEO: 540.0}
"""Less than a job may take, and more than the processor time, which others may want, too."""

_CODES: Mapping[str, type[Invalid]] = {
    kind.code: kind for kind in (MediaBroken, MediaTooLong, MediaTooManyPixels, MediaTypeNotAllowed)
}
_CHILD = "socialfeed.adapters.media.processing.child"


class ChildProcessor:
    """A `MediaProcessor` with a process for each file; scratch files lie in `folder`, which must exist."""

    def __init__(self, folder: Path, *, limits: Mapping[MediaKind, Limits] = LIMITS) -> None:
        self._folder = folder
        self._limits = limits
        self._turns = {kind: asyncio.Semaphore(count) for kind, count in AT_ONCE.items()}
        self._takes_video = find_spec("av") is not None

    @property
    def takes_video(self) -> bool:
        return self._takes_video

    def scratch(self) -> Scratch:
        return Scratch(self._folder)

    def content_type(self, beginning: bytes) -> str | None:
        return content_type(beginning)

    async def header(self, content_type: str, file: ScratchFile) -> Header:
        return await in_thread(_header, content_type, _descriptor(file))

    @asynccontextmanager
    async def process(self, header: Header, file: ScratchFile) -> AsyncIterator[Processed]:
        async with AsyncExitStack() as stack:
            outputs = [await stack.enter_async_context(self.scratch()) for _ in range(1 + len(RENDITION_WIDTHS))]
            async with self._turns[header.kind]:
                answer = await self._ask(header, _descriptor(file), [output.descriptor for output in outputs])
            if "broken" in answer:
                log.info("a %s cannot be processed: %s", header.content_type, answer.get("reason"))
                raise _CODES.get(answer["broken"], MediaBroken)()
            yield _processed(answer["made"], outputs)

    async def _ask(self, header: Header, source: int, outputs: list[int]) -> dict[str, Any]:
        """The child's answer. Raises `MediaBroken` for a file that killed it and `Unavailable` where it did not run."""
        order = {"header": header, "source": source, "outputs": outputs, "limits": self._limits[header.kind]}
        os.lseek(source, 0, os.SEEK_SET)  # the place in a file is shared with the child
        try:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-s", "-m", _CHILD, json.dumps(order)),
                pass_fds=[source, *outputs],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=_environment(),
                start_new_session=True,  # a terminal's Ctrl-C is for the parent
            )
        except OSError as error:
            raise Unavailable("No process can be started to look at media.") from error
        said, complained, is_late = b"", b"", False
        try:
            async with asyncio.timeout(WALL_SECONDS[header.kind]):
                said, complained = await child.communicate()
        except TimeoutError:
            is_late = True
        finally:
            await _ended(child)
        if child.returncode == 0:
            answer: dict[str, Any] = json.loads(said)
            return answer
        if child.returncode is not None and child.returncode < 0:
            log.warning("a %s ended its process with signal %d", header.content_type, -child.returncode)
            is_slow = is_late or child.returncode == -signal.SIGXCPU
            raise MediaTooLong if is_slow and header.kind is MediaKind.VIDEO else MediaBroken
        log.error("the process for media failed: %s", complained.decode(errors="replace")[-2_000:])
        raise Unavailable("Media cannot be processed.")


def _descriptor(file: ScratchFile) -> int:
    if not isinstance(file, Scratch):
        raise TypeError("a scratch file of another processor")
    return file.descriptor


def _header(content_type: str, descriptor: int) -> Header:
    if not os.fstat(descriptor).st_size:
        raise MediaBroken(field="file")
    with mmap.mmap(descriptor, 0, prot=mmap.PROT_READ) as content:
        return read_header(content_type, content)


def _environment() -> dict[str, str]:
    """Where to find modules, and nothing else of ours: the secret key is none of a codec's business."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


def _processed(made: dict[str, Any], outputs: list[Scratch]) -> Processed:
    for output in outputs:
        output.measure()
    file, *smaller = outputs
    renditions = tuple(Rendition(*size) for size in made["renditions"])
    files = {rendition.width: output for rendition, output in zip(renditions, smaller, strict=False)}
    look = Look(
        content_type=made["content_type"],
        width=made["width"],
        height=made["height"],
        bytes=file.size + sum(output.size for output in files.values()),
        blurhash=made["blurhash"],
        renditions=renditions,
        duration_ms=made["duration_ms"],
    )
    return Processed(look, file, files)


async def _ended(child: asyncio.subprocess.Process) -> None:
    """Kills the child if it still runs, and waits until it is gone, however often this is cancelled."""
    with suppress(ProcessLookupError):
        child.kill()
    waiting = asyncio.ensure_future(child.wait())
    interrupted: asyncio.CancelledError | None = None
    while not waiting.done():
        try:
            await asyncio.wait([waiting])
        except asyncio.CancelledError as error:
            interrupted = error
    if interrupted is not None:
        raise interrupted
