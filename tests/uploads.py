"""Files as people send them, and as they should not."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

GPS = b"\x12\x34GPS-CANARY\x56\x78"


def picture(
    content_type: str = "image/png", size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any
) -> bytes:
    """A picture with some colours in it, in the format of this type."""
    return encoded(gradient(size, mode), content_type, **options)


def gradient(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    slope = Image.linear_gradient("L").resize(size)
    turned = Image.linear_gradient("L").rotate(90).resize(size)
    return Image.merge("RGB", (slope, turned, Image.new("L", size, 90))).convert(mode)


def encoded(image: Image.Image, content_type: str, **options: Any) -> bytes:
    output = BytesIO()
    image.save(output, content_type.partition("/")[2].upper(), **options)
    return output.getvalue()


def animation(content_type: str = "image/gif", frames: int = 5, size: tuple[int, int] = (64, 48)) -> bytes:
    """Of 40 ms a frame."""
    first, *others = (gradient(size).rotate(10 * turn) for turn in range(frames))
    return encoded(first, content_type, save_all=True, append_images=others, duration=40)


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def chunk(kind: bytes, content: bytes) -> bytes:
    """One of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of(width: int, height: int, *, frames: int | None = None) -> bytes:
    """A PNG that says it is so large, and holds next to nothing."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    animated = b"" if frames is None else chunk(b"acTL", struct.pack(">II", frames, 0))
    pixels = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + header + animated + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def gif_of(frames: int, size: tuple[int, int] = (1, 1)) -> bytes:
    """A GIF of so many frames of one pixel each."""
    screen = b"GIF89a" + struct.pack("<HHBBB", *size, 0x80, 0, 0) + bytes(6)
    frame = b"\x21\xf9\x04\x00\x04\x00\x00\x00" + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0)
    return screen + (frame + b"\x02\x02\x44\x01\x00") * frames + b"\x3b"
