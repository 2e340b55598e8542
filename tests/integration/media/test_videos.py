"""Videos, from the upload to what is played."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from socialfeed.adapters.media.processing import ChildProcessor, processor, videos
from socialfeed.adapters.media.processing.results import Broken, Made
from socialfeed.domain.errors import MediaTooLong
from socialfeed.domain.media import RENDITION_WIDTHS, Header
from socialfeed.testing.client import Client, open_client
from tests.uploads import opened
from tests.videos import played, turned, video

UPLOAD = "mutation ($file: Upload!) { uploadMedia(file: $file) { media { id kind width } errors { code field } } }"
MEDIA = """
query ($id: ID!) {
  media(id: $id) { kind status url contentType width height duration blurhash failure renditions { url width height } }
}
"""


@pytest.fixture
async def ada(tmp_path: Path) -> AsyncIterator[Client]:
    async with open_client(data_dir=tmp_path, media_url="", media_video_max=3_000_000) as client:
        yield await client.sign_up("ada")


async def uploaded(ada: Client, content: bytes) -> Any:
    """The media when the job is through."""
    taken = (await ada.run(UPLOAD, files={"file": content}))["uploadMedia"]
    assert taken["errors"] == []
    await ada.settle()
    return (await ada.run(MEDIA, {"id": taken["media"]["id"]}))["media"]


def made_over(content: bytes, kind: str = "video/mp4") -> tuple[Made, list[bytes]]:
    """By the code of the child, in this process."""
    with ExitStack() as stack:
        outputs = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(1 + len(RENDITION_WIDTHS))]
        made = videos.make_over(BytesIO(content), Header(kind), outputs)
        for output in outputs:
            output.seek(0)
        return made, [output.read() for output in outputs]


@pytest.mark.parametrize("form", ["mp4", "webm"])
async def test_a_video_becomes_one_that_every_browser_plays(ada: Client, form: str) -> None:
    ready = await uploaded(ada, video(form, seconds=2, size=(400, 220)))
    assert (ready["kind"], ready["status"], ready["contentType"]) == ("VIDEO", "READY", "video/mp4")
    assert (ready["width"], ready["height"]) == (400, 220)
    assert ready["duration"] == pytest.approx(2, abs=0.1)
    assert len(ready["blurhash"]) == 28
    [poster] = ready["renditions"]
    picture = opened((await ada.request("GET", poster["url"])).body)
    assert (picture.format, picture.size) == ("WEBP", (320, 176))
    served = await ada.request("GET", ready["url"])
    assert served.headers["content-type"] == "video/mp4"
    assert sorted(played(served.body)["codecs"]) == ["aac", "h264"]
    part = await ada.request("GET", ready["url"], headers={"range": "bytes=0-99"})
    assert (part.status, part.body) == (206, served.body[:100])


async def test_a_video_that_cannot_be_played_fails_and_leaves_no_file(ada: Client, tmp_path: Path) -> None:
    content = video(seconds=1)
    for broken in (content[:2_000], content[:40] + bytes(5_000), b"\x00\x00\x00\x18ftypmp42" + bytes(500)):
        failed = await uploaded(ada, broken)
        assert (failed["status"], failed["failure"], failed["url"]) == ("FAILED", "MEDIA_BROKEN", None)
    assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []


async def test_a_video_may_be_larger_than_a_picture_and_not_larger_than_a_video(tmp_path: Path) -> None:
    content = video(seconds=1)
    limits: dict[str, Any] = {"media_image_max": len(content) - 1, "media_video_max": len(content)}
    async with open_client(data_dir=tmp_path, **limits) as client:
        ada = await client.sign_up("ada")
        assert (await uploaded(ada, content))["status"] == "READY"
        refused = (await ada.run(UPLOAD, files={"file": content + b"\0"}))["uploadMedia"]
        assert refused["errors"] == [{"code": "MEDIA_TOO_LARGE", "field": "file"}]


async def test_without_the_extra_a_video_is_refused_clearly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{processor.__name__}.find_spec", lambda name: None if name == "av" else find_spec(name))
    async with open_client(data_dir=tmp_path) as client:
        ada = await client.sign_up("ada")
        for content in (video(seconds=0.2), video("webm", seconds=0.2)):
            refused = (await ada.run(UPLOAD, files={"file": content}))["uploadMedia"]
            assert refused["errors"] == [{"code": "VIDEO_NOT_SUPPORTED", "field": "file"}]


async def test_38_a_video_that_takes_too_long_is_too_long(tmp_path: Path) -> None:
    limits = {kind: limit._replace(seconds=1) for kind, limit in processor.LIMITS.items()}
    worker = ChildProcessor(tmp_path, limits=limits)
    content = await asyncio.to_thread(video, seconds=20, size=(1_280, 720), sound=False)
    async with worker.scratch() as file:
        await file.write(content)
        with pytest.raises(MediaTooLong):
            async with worker.process(Header("video/mp4"), file):
                raise AssertionError("processed")
    assert list(tmp_path.iterdir()) == []


def test_39_nothing_that_a_telephone_says_is_left() -> None:
    said = {"title": "TITLE-CANARY", "location": "+48.8577+002.2950/", "comment": "COMMENT-CANARY"}
    content = video(metadata=said) + b"<script>alert('TAIL-CANARY')</script>"
    assert content.count(b"CANARY") >= 2
    _, files = made_over(content)
    assert all(b"CANARY" not in file and b"48.8577" not in file for file in files)
    assert played(files[0])["metadata"].keys() <= {"major_brand", "minor_version", "compatible_brands", "encoder"}


def test_a_video_begins_to_play_before_all_of_it_has_come() -> None:
    _, (file, *_) = made_over(video(seconds=2))
    assert file.index(b"moov") < file.index(b"mdat")


def test_a_video_without_sound_has_none() -> None:
    _, (file, *_) = made_over(video(sound=False))
    assert played(file)["codecs"] == ["h264"]


def test_a_large_video_is_made_smaller_and_a_fast_one_slower() -> None:
    made, (file, *pictures) = made_over(video(seconds=1, size=(1_920, 1_080), rate=60, sound=False))
    facts = played(file)
    assert facts["size"] == (made.width, made.height) == (1_280, 720)
    assert facts["frames"] in range(29, 32)
    assert [opened(picture).size for picture in pictures if picture] == [(320, 180), (640, 360)]


def test_sides_that_are_odd_are_made_even() -> None:
    made, (file, *_) = made_over(video("webm", size=(161, 91), sound=False), "video/webm")
    assert played(file)["size"] == (made.width, made.height)
    assert made.width % 2 == made.height % 2 == 0


def test_a_small_video_has_one_picture_of_its_size() -> None:
    made, (_, poster, *others) = made_over(video(size=(160, 90)))
    assert list(made.renditions) == [(160, 90)]
    assert opened(poster).size == (160, 90)
    assert not any(others)


def test_a_video_that_was_held_upright_stands_up() -> None:
    content = turned(video(size=(160, 90), sound=False))
    assert played(content)["rotation"] == -90
    made, (file, *_) = made_over(content)
    facts = played(file)
    assert facts["size"] == (made.width, made.height) == (90, 160)
    assert facts["rotation"] == 0
    assert min(facts["first"].getpixel((45, 5))) > 200  # the white column has become a row at the top
    assert facts["first"].getpixel((45, 150))[1] < 60


@pytest.mark.parametrize(
    ("limit", "code"), [("VIDEO_MS_MAX", "MEDIA_TOO_LONG"), ("VIDEO_PIXELS_MAX", "MEDIA_TOO_MANY_PIXELS")]
)
def test_38_too_long_and_too_large_videos_are_refused(monkeypatch: pytest.MonkeyPatch, limit: str, code: str) -> None:
    monkeypatch.setattr(videos, limit, 900)
    for form in ("mp4", "webm"):
        with pytest.raises(Broken) as refused:
            made_over(video(form, seconds=1.5), f"video/{form}")
        assert refused.value.code == code


def test_38_a_video_that_is_longer_than_it_says_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray(video(seconds=1.5))
    for box, offset in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        place = content.index(box) + offset - 4
        content[place : place + 4] = (1).to_bytes(4, "big")
    monkeypatch.setattr(videos, "VIDEO_MS_MAX", 900)
    with pytest.raises(Broken) as refused:
        made_over(bytes(content))
    assert refused.value.code in ("MEDIA_TOO_LONG", "MEDIA_BROKEN")


def test_38_a_codec_that_no_browser_sends_is_not_decoded() -> None:
    with pytest.raises(Broken) as refused:
        made_over(video("matroska", sound=False), "video/webm")
    assert refused.value.code == "MEDIA_TYPE_NOT_ALLOWED"


def test_sound_alone_is_no_video() -> None:
    with pytest.raises(Broken):
        made_over(video(pictures=False))
