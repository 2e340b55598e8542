"""Pictures, by Pillow. Runs in the child process."""

import warnings
from collections.abc import Sequence
from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageCms, ImageFile, ImageOps, ImageSequence

from socialfeed.adapters.media.processing import blurhash
from socialfeed.adapters.media.processing.results import Broken, Made
from socialfeed.domain.media import PIXELS_MAX, RENDITION_WIDTHS, SIDE_MAX, Header

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
"""All that can be opened: Pillow knows fifty more, each with faults of its own."""

JPEG_QUALITY, WEBP_QUALITY = 85, 80

FRAME_MS_MIN = 20
FRAME_MS = 100
"""How long a frame is shown that says no time, or one too short: as browsers do."""

_BLUR_SIDE = 32

Image.MAX_IMAGE_PIXELS = PIXELS_MAX
ImageFile.LOAD_TRUNCATED_IMAGES = False


def make_over(source: BinaryIO, header: Header, outputs: Sequence[BinaryIO]) -> Made:
    """Writes the picture to the first output and smaller ones to the others. Raises `Broken`."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(source, formats=FORMATS) as picture:
                return _made(picture, header, outputs)
        except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
            raise Broken(str(error)) from error
        except Image.DecompressionBombWarning as error:
            raise Broken(str(error)) from error


def _made(picture: ImageFile.ImageFile, header: Header, outputs: Sequence[BinaryIO]) -> Made:
    if header.frames > 1 and getattr(picture, "n_frames", 1) > 1:
        duration = _save_animation(picture, outputs[0])
        picture.seek(0)
        return made_of(_clean(picture), "image/webp", outputs[1:], duration_ms=duration)
    picture.load()
    clean = _clean(picture)
    return made_of(clean, _save(clean, header.content_type, outputs[0]), outputs[1:])


def made_of(
    picture: Image.Image,
    content_type: str,
    outputs: Sequence[BinaryIO],
    *,
    duration_ms: int | None = None,
    at_least_one: bool = False,
) -> Made:
    """Smaller pictures of a clean one, `at_least_one` of its own size, and what is to be said of it."""
    widths = [width for width in RENDITION_WIDTHS if width < picture.width] or [picture.width] * at_least_one
    sizes = [(width, max(1, round(picture.height * width / picture.width))) for width in widths]
    for size, output in zip(sizes, outputs, strict=False):
        smaller = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
        smaller.save(output, "WEBP", quality=WEBP_QUALITY)
    return Made(content_type, picture.width, picture.height, _blurhash(picture), sizes, duration_ms)


def _clean(picture: Image.Image) -> Image.Image:
    """Upright, in sRGB, of 8 bits a channel, and without a word about itself."""
    clean = _in_srgb(ImageOps.exif_transpose(picture))
    if clean.mode.startswith(("I", "F")):
        clean = _of_8_bits(clean)
    if clean.has_transparency_data:
        clean = clean.convert("RGBA")
    elif clean.mode not in ("RGB", "L"):
        clean = clean.convert("RGB")
    elif clean is picture:
        clean = clean.copy()
    clean.info = {}
    return clean


def _of_8_bits(picture: Image.Image) -> Image.Image:
    """From 16 bits, the upper half."""
    return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Drops a colour profile that makes no sense."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return picture
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture
    return converted or picture


def _save(picture: Image.Image, content_type: str, output: BinaryIO) -> str:
    """In the format it came in, but for GIF, whose still pictures WebP holds without loss and smaller. Says which."""
    if content_type == "image/jpeg":
        picture.convert("RGB" if picture.mode == "RGBA" else picture.mode).save(
            output, "JPEG", quality=JPEG_QUALITY, progressive=True
        )
    elif content_type == "image/png":
        picture.save(output, "PNG")
    elif content_type == "image/gif":
        picture.save(output, "WEBP", lossless=True)
        return "image/webp"
    else:
        picture.save(output, "WEBP", quality=JPEG_QUALITY)
    return content_type


def _save_animation(picture: ImageFile.ImageFile, output: BinaryIO) -> int:
    """As an animated WebP, frame by frame, so that no two are in memory. Returns its length in milliseconds."""
    if max(picture.size) > SIDE_MAX:
        raise Broken("too large")
    durations = [_frame_ms(frame) for frame in ImageSequence.Iterator(picture)]
    picture.seek(0)
    picture.info.pop("background", None)  # an index into a palette of another frame, now and then
    picture.save(
        output,
        "WEBP",
        save_all=True,
        duration=durations,
        loop=0,
        quality=WEBP_QUALITY,
        method=2,
        icc_profile=b"",
        exif=b"",
        xmp=b"",
    )
    return sum(durations)


def _frame_ms(frame: Image.Image) -> int:
    frame.load()  # WebP says it only then
    said = int(frame.info.get("duration", 0))
    return said if said >= FRAME_MS_MIN else FRAME_MS


def _blurhash(picture: Image.Image) -> str:
    small = picture.convert("RGBA").resize(_fitting(picture.size), Image.Resampling.BOX, reducing_gap=2.0)
    backed = Image.new("RGBA", small.size, "white")
    backed.alpha_composite(small)
    content = backed.convert("RGB").tobytes()
    pixels = [(content[at], content[at + 1], content[at + 2]) for at in range(0, len(content), 3)]
    return blurhash.encode(pixels, *small.size)


def _fitting(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, _BLUR_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
