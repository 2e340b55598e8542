"""What files say of themselves, read without decoding anything.

Formats: PNG 3rd edition (W3C, 2025) with its animation chunks, JPEG (ITU-T T.81, annex B), GIF89a (CompuServe, 1990),
the WebP container (RFC 9649), ISO base media files (ISO/IEC 14496-12), EBML (RFC 8794).

A header may lie, so where a format says the size more than once, the largest counts.
"""

from collections.abc import Iterator
from struct import calcsize, unpack
from typing import Any, Protocol

from socialfeed.domain.errors import MediaBroken
from socialfeed.domain.media import FRAMES_MAX, Header

BEGINNING = 64
"""Bytes that tell the type of every file."""

_PNG = b"\x89PNG\r\n\x1a\n"
_EBML = b"\x1aE\xdf\xa3"

_MP4_BRANDS = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash"})
"""Other brands are pictures (AVIF, HEIC), sound or QuickTime."""

SEGMENTS_MAX = 4_096
"""Of a JPEG before its pixels begin, and of a PNG: far beyond what any camera or program writes."""

BLOCKS_MAX = 250_000
"""Of a GIF. They hold 255 bytes each but for the last of a frame; one who makes them smaller wants us to count."""

_NO_SIZE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN = 0xDA


class Bytes(Protocol):
    """`bytes`, or a mapped file."""

    def __len__(self) -> int: ...
    def __getitem__(self, place: slice, /) -> bytes: ...


def content_type(beginning: bytes) -> str | None:
    """The type of a file by its first `BEGINNING` bytes; None for what is not accepted."""
    if beginning.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if beginning.startswith(_PNG):
        return "image/png"
    if beginning.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return "image/webp"
    if beginning[4:8] == b"ftyp" and beginning[8:12] in _MP4_BRANDS:
        return "video/mp4"
    if beginning.startswith(_EBML) and b"webm" in beginning:
        return "video/webm"
    return None


def read_header(content_type: str, content: Bytes) -> Header:
    """Raises `MediaBroken`. Of a video only the type is known here."""
    if content_type not in _READERS:
        return Header(content_type)
    try:
        return _READERS[content_type](content)
    except ValueError as error:  # it ended where something should have been
        raise MediaBroken(field="file") from error


def _png(content: Bytes) -> Header:
    width = height = frames = 0
    for kind, start, _ in _png_chunks(content):
        if kind == b"IHDR":
            width, height = _numbers(">II", content, start)
            frames = 1
        elif kind == b"acTL":
            (frames,) = _numbers(">I", content, start)
        elif kind == b"IDAT":
            break
    return Header("image/png", width, height, frames)


def _png_chunks(content: Bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, first byte and size of each."""
    place = len(_PNG)
    for _ in range(SEGMENTS_MAX):
        size, kind = _numbers(">I4s", content, place)
        yield kind, place + 8, size
        place += 12 + size
    raise ValueError("too many chunks")


def _jpeg(content: Bytes) -> Header:
    width = height = 0
    place = 2
    for _ in range(SEGMENTS_MAX):
        while content[place : place + 2] == b"\xff\xff":  # any number of these may stand before a marker
            place += 1
        prefix, marker = _numbers("BB", content, place)
        if prefix != 0xFF or marker == _START_OF_SCAN:
            break
        place += 2
        if marker in _NO_SIZE_MARKERS:
            continue
        (size,) = _numbers(">H", content, place)
        if marker in _FRAME_MARKERS:
            high, wide = _numbers(">HH", content, place + 3)
            width, height = max(width, wide), max(height, high)
        place += max(size, 2)
    return Header("image/jpeg", width, height)


def _gif(content: Bytes) -> Header:
    width, height, packed = _numbers("<HHB", content, 6)
    place = 13 + _palette(packed)
    blocks = frames = 0
    while place < len(content) and frames <= FRAMES_MAX:
        (kind,) = _numbers("B", content, place)
        if kind == 0x21:
            place += 2
        elif kind == 0x2C:
            left, top, wide, high, packed = _numbers("<HHHHB", content, place + 1)
            width, height = max(width, left + wide), max(height, top + high)
            place += 11 + _palette(packed)
            frames += 1
        else:
            break
        while size := _numbers("B", content, place)[0]:
            place += 1 + size
            blocks += 1
            if blocks > BLOCKS_MAX:
                raise ValueError("too many blocks")
        place += 1
    return Header("image/gif", width, height, frames)


def _palette(packed: int) -> int:
    """Bytes of the colour table that a byte of flags announces."""
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _webp(content: Bytes) -> Header:
    (size,) = _numbers("<I", content, 4)
    if size + 8 > len(content):
        raise ValueError("cut off")
    width = height = frames = 0
    animated = False
    place = 12
    while place + 8 <= size + 8 and frames <= FRAMES_MAX:
        kind, size_of_chunk = _numbers("<4sI", content, place)
        start = place + 8
        if kind == b"VP8X":
            flags, wide, high = _numbers("<B3x3s3s", content, start)
            animated = bool(flags & 2)
            width, height = int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1
        elif kind == b"VP8 ":
            wide, high = _numbers("<HH", content, start + 6)
            width, height = max(width, wide & 0x3FFF), max(height, high & 0x3FFF)
            frames += 1
        elif kind == b"VP8L":
            (sides,) = _numbers("<I", content, start + 1)
            width, height = max(width, (sides & 0x3FFF) + 1), max(height, (sides >> 14 & 0x3FFF) + 1)
            frames += 1
        elif kind == b"ANMF" and animated:
            frames += 1
        place = start + size_of_chunk + size_of_chunk % 2
    return Header("image/webp", width, height, frames)


def _numbers(form: str, content: Bytes, place: int) -> tuple[Any, ...]:
    """Raises `ValueError` where the content is over."""
    part = content[place : place + calcsize(form)]
    if len(part) < calcsize(form):
        raise ValueError("cut off")
    return unpack(form, part)


_READERS = {"image/png": _png, "image/jpeg": _jpeg, "image/gif": _gif, "image/webp": _webp}
