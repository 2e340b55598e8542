"""What the child says to its parent."""

from collections.abc import Sequence
from typing import NamedTuple


class Broken(Exception):
    """The file cannot be processed, whenever it is tried. `code` is that of a domain error."""

    def __init__(self, reason: str, code: str = "MEDIA_BROKEN") -> None:
        super().__init__(reason)
        self.code = code


class Made(NamedTuple):
    """Pixels and milliseconds; `renditions` are the sizes of the smaller pictures, in the order of the outputs."""

    content_type: str
    width: int
    height: int
    blurhash: str
    renditions: Sequence[tuple[int, int]]
    duration_ms: int | None = None
