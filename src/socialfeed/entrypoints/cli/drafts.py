"""Files that appear whole or not at all."""

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from socialfeed.domain.errors import Invalid

_ENDS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """A file that only its owner may read, at `path` once the block is through; what was there before stays until
    then. Nothing is left of it after an error or a signal that ends the process, other than one that cannot be caught.
    """
    target = path.resolve()  # a link stays a link
    if target.exists() and not target.is_file():
        raise Invalid(f"{path} is there and is not a file.")
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    with _ends_as_exit():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(descriptor)
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


@contextmanager
def _ends_as_exit() -> Iterator[None]:
    """What ends the process does so by an exception, after which we can clean up."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in _ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
