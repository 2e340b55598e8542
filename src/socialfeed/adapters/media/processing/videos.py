"""Videos, by PyAV, which is FFmpeg's libraries. Runs in the child process.

Whatever comes in, H.264 and AAC in MP4 goes out, which every browser plays: at most 1,280 pixels on the longer side and
30 pictures a second, the first video and the first sound, and nothing that the original says about itself.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
from av.audio import AudioStream
from av.audio.frame import AudioFrame
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.video import VideoStream
from av.video.frame import VideoFrame
from PIL import Image

from socialfeed.adapters.media.processing.images import made_of
from socialfeed.adapters.media.processing.results import Broken, Made
from socialfeed.domain.errors import MediaBroken, MediaTooLong, MediaTooManyPixels, MediaTypeNotAllowed
from socialfeed.domain.media import VIDEO_MS_MAX, VIDEO_PIXELS_MAX, Header

CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "aac", "mp3", "opus", "vorbis"})
"""All that is decoded: FFmpeg knows five hundred more, each with faults of its own."""

SIDE, FRAMES_A_SECOND = 1_280, 30
QUALITY = {"crf": "23", "preset": "veryfast"}
SOUND_RATE, SOUND_BITS = 48_000, 128_000
THREADS = 2

TIME_BASE = Fraction(1, 90_000)
POSTER_SECONDS = 1.0
"""Where the picture is taken that stands for the video: beginnings are often black."""

_DESCRIPTORS = Path("/proc/self/fd")
_DEMUXERS = {"video/mp4": "mov", "video/webm": "matroska"}
_TURNS = {90: ("cclock",), 180: ("clock", "clock"), 270: ("clock",)}


def make_over(source: BinaryIO, header: Header, outputs: Sequence[BinaryIO]) -> Made:
    """Writes the video to the first output and pictures of it to the others. Raises `Broken`."""
    try:
        with av.open(source, "r", format=_DEMUXERS[header.content_type], metadata_errors="ignore") as original:
            return _made(original, outputs)
    except (av.FFmpegError, ValueError, EOFError, IndexError) as error:
        raise Broken(str(error)) from error


def _made(original: InputContainer, outputs: Sequence[BinaryIO]) -> Made:
    picture, sound = _streams(original)
    with _result(outputs[0]) as result:
        poster, duration = _Work(original, result, picture, sound).run()
    made = made_of(poster, "video/mp4", outputs[1:], at_least_one=True)
    return made._replace(duration_ms=round(duration * 1_000))


def _result(output: BinaryIO) -> OutputContainer:
    """Its table of contents goes before its content, so that it plays before all of it has come. To move it there,
    FFmpeg opens the file once more, by a name; a file without one has one where there is /proc.
    """
    if _DESCRIPTORS.exists():
        return av.open(str(_DESCRIPTORS / str(output.fileno())), "w", format="mp4", options={"movflags": "+faststart"})
    return av.open(output, "w", format="mp4")


def _streams(original: InputContainer) -> tuple[VideoStream, AudioStream | None]:
    """Those that are taken, if they may be. Raises `Broken`."""
    if not original.streams.video:
        raise Broken("no video in it")
    picture = original.streams.video[0]
    sound = original.streams.audio[0] if original.streams.audio else None
    for stream in filter(None, (picture, sound)):
        if stream.codec_context.codec.canonical_name not in CODECS:
            raise Broken("a codec that is not accepted", MediaTypeNotAllowed.code)
        stream.codec_context.thread_count = THREADS
    if picture.width * picture.height == 0:
        raise Broken("no size", MediaBroken.code)
    if picture.width * picture.height > VIDEO_PIXELS_MAX:
        raise Broken("too many pixels", MediaTooManyPixels.code)
    if original.duration is not None and original.duration / av.time_base * 1_000 > VIDEO_MS_MAX:
        raise Broken("too long", MediaTooLong.code)
    return picture, sound


class _Work:
    """From one container to the other, packet by packet."""

    def __init__(
        self, original: InputContainer, result: OutputContainer, picture: VideoStream, sound: AudioStream | None
    ) -> None:
        self._original = original
        self._result = result
        self._picture = picture
        self._sound = sound
        self._graph: Graph | None = None
        self._video: VideoStream | None = None
        self._audio: AudioStream | None = None
        self._resampler = av.AudioResampler("fltp", "stereo", SOUND_RATE)
        self._poster: VideoFrame | None = None
        self._poster_at = 0.0
        self._begin: float | None = None
        self._next = 0.0
        self._end = 0.0
        self._samples = 0

    def run(self) -> tuple[Image.Image, float]:
        """The poster, and how many seconds there are."""
        if self._sound is not None:
            self._audio = self._result.add_stream("aac", rate=SOUND_RATE, layout="stereo")
            self._audio.bit_rate = SOUND_BITS
        for packet in self._original.demux([stream for stream in (self._picture, self._sound) if stream is not None]):
            for frame in packet.decode():
                if isinstance(frame, VideoFrame):
                    self._show(frame)
                elif isinstance(frame, AudioFrame):
                    self._hear(frame)
        if self._video is None or self._poster is None:
            raise Broken("not one picture in it")
        if self._audio is not None:
            self._encode_sound(self._resampler.resample(None))
            self._result.mux(self._audio.encode(None))
        self._result.mux(self._video.encode(None))
        poster: Image.Image = self._poster.to_image()  # type: ignore[no-untyped-call]
        return poster, self._end

    def _show(self, frame: VideoFrame) -> None:
        """Encodes the frame, unless it comes too soon after the one before."""
        at = self._seconds(frame)
        if at < self._next:
            return
        self._next = max(self._next, at) + 0.999 / FRAMES_A_SECOND
        for shown in self._upright(frame):
            if self._video is None:
                self._video = self._opened(shown)
            if self._poster is None or self._poster_at < POSTER_SECONDS <= at:
                self._poster, self._poster_at = shown, at
            shown.pts, shown.time_base = round(at / TIME_BASE), TIME_BASE
            shown.pict_type = 0  # the encoder decides
            self._result.mux(self._video.encode(shown))

    def _hear(self, frame: AudioFrame) -> None:
        self._seconds(frame)
        self._encode_sound(self._resampler.resample(frame))

    def _encode_sound(self, frames: Sequence[AudioFrame]) -> None:
        """One after the other without gaps: players keep sound and pictures together by that."""
        assert self._audio is not None  # noqa: S101
        for frame in frames:
            frame.pts, frame.time_base = self._samples, Fraction(1, SOUND_RATE)
            self._samples += frame.samples
            self._result.mux(self._audio.encode(frame))

    def _seconds(self, frame: VideoFrame | AudioFrame) -> float:
        """Since the beginning. A header may lie about the length; the frames say it. Raises `Broken`."""
        at = float(frame.time or 0.0)
        if self._begin is None:
            self._begin = at
        at = max(0.0, at - self._begin)
        self._end = max(self._end, at + float((frame.duration or 0) * (frame.time_base or 0)))
        if self._end * 1_000 > VIDEO_MS_MAX:
            raise Broken("too long", MediaTooLong.code)
        return at

    def _upright(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """Scaled, and turned as its camera was held."""
        if self._graph is None:
            self._graph = _graph(self._picture, frame)
        self._graph.push(frame)
        shown: Any = self._graph.pull()
        yield shown

    def _opened(self, first: VideoFrame) -> VideoStream:
        video = self._result.add_stream("libx264", rate=FRAMES_A_SECOND, options=dict(QUALITY))
        video.width, video.height, video.pix_fmt = first.width, first.height, "yuv420p"
        video.codec_context.time_base = TIME_BASE
        video.codec_context.thread_count = THREADS
        return video


def _graph(stream: VideoStream, first: VideoFrame) -> Graph:
    graph = Graph()
    turns = [graph.add("transpose", f"dir={way}") for way in _TURNS.get(first.rotation % 360, ())]
    scale = min(1.0, SIDE / max(first.width, first.height))
    width, height = (max(2, round(side * scale / 2) * 2) for side in (first.width, first.height))
    steps = [
        graph.add_buffer(width=first.width, height=first.height, format=first.format, time_base=stream.time_base),
        graph.add("scale", f"{width}:{height}"),
        *turns,
        graph.add("setsar", "1"),
        graph.add("format", "yuv420p"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*steps).configure()
    return graph
