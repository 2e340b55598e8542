"""Videos as people send them, and as they should not."""

import math
import struct
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image

CODECS = {
    "mp4": ("libx264", "aac"),
    "webm": ("libvpx", "libopus"),
    "mov": ("mpeg4", "aac"),
    "matroska": ("ffv1", "flac"),
}


def video(
    form: str = "mp4",
    *,
    seconds: float = 1.0,
    size: tuple[int, int] = (160, 90),
    rate: int = 25,
    sound: bool = True,
    pictures: bool = True,
    metadata: dict[str, str] | None = None,
) -> bytes:
    """A white column that moves from left to right over red, and a tone."""
    output = BytesIO()
    picture_codec, sound_codec = CODECS[form]
    with av.open(output, "w", format=form) as container:
        container.metadata.update(metadata or {})
        picture: Any = container.add_stream(picture_codec, rate=rate) if pictures else None
        tone: Any = container.add_stream(sound_codec, rate=48_000) if sound else None
        if picture is not None:
            picture.width, picture.height = size
            for frame in _frames(int(seconds * rate), size):
                container.mux(picture.encode(frame))
            container.mux(picture.encode(None))
        if tone is not None:
            for samples in _samples(seconds, tone.codec_context.format.name):
                container.mux(tone.encode(samples))
            container.mux(tone.encode(None))
    return output.getvalue()


def turned(content: bytes) -> bytes:
    """The same MP4, to be shown a quarter turn clockwise: how telephones that were held upright say it."""
    place = content.index(b"tkhd") + 4 + 40
    matrix = [0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30]
    return content[:place] + b"".join(n.to_bytes(4, "big", signed=True) for n in matrix) + content[place + 36 :]


def played(content: bytes) -> Any:
    """Facts of a video, and its first picture."""
    with av.open(BytesIO(content), "r") as container:
        picture = container.streams.video[0]
        frames = list(container.decode(picture))
        first: Image.Image = frames[0].to_image()  # type: ignore[no-untyped-call]
        rotation = frames[0].rotation
        last = frames[-1].time
        codecs = [stream.codec_context.codec.canonical_name for stream in container.streams]
        facts = {"codecs": codecs, "frames": len(frames), "size": first.size, "rotation": rotation, "last": last}
        return facts | {"first": first, "metadata": dict(container.metadata)}


def _frames(count: int, size: tuple[int, int]) -> Iterator[VideoFrame]:
    for number in range(count):
        image = Image.new("RGB", size, (200, 20, 20))
        left = size[0] * number // max(1, count)
        image.paste((255, 255, 255), (left, 0, left + max(1, size[0] // 8), size[1]))
        yield VideoFrame.from_image(image)  # type: ignore[no-untyped-call]


def _samples(seconds: float, form: str) -> Iterator[AudioFrame]:
    at = 0
    while at < seconds * 48_000:
        frame = AudioFrame("flt", "mono", 960)
        wave = (math.sin(2 * math.pi * 440 * (at + n) / 48_000) * 0.2 for n in range(960))
        frame.planes[0].update(struct.pack("960f", *wave))
        frame.pts, frame.sample_rate, frame.time_base = at, 48_000, Fraction(1, 48_000)
        at += 960
        yield frame
