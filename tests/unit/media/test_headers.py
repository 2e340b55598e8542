"""What files say of themselves, and what becomes of those that lie."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialfeed.adapters.media.processing.headers import BLOCKS_MAX, content_type, read_header
from socialfeed.domain.errors import MediaBroken, MediaTooManyFrames, MediaTooManyPixels
from socialfeed.domain.media import FRAMES_MAX, SIDE_MAX, Header, MediaKind
from tests.uploads import animation, gif_of, picture, png_of

PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")


def header_of(content: bytes) -> Header:
    kind = content_type(content[:64])
    assert kind is not None
    return read_header(kind, content)


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("size", [(1, 1), (64, 48), (1_000, 3)])
def test_the_size_of_a_picture_stands_in_its_header(kind: str, size: tuple[int, int]) -> None:
    assert header_of(picture(kind, size)) == Header(kind, *size)


def test_webp_says_its_size_in_three_ways() -> None:
    for options, mode in ({"lossless": True}, "RGB"), ({}, "RGB"), ({}, "RGBA"), ({"exif": b"Exif\0\0x"}, "RGB"):
        assert header_of(picture("image/webp", (70, 90), mode, **options)) == Header("image/webp", 70, 90)


def test_a_progressive_jpeg_is_read_as_any_other() -> None:
    assert header_of(picture("image/jpeg", (70, 90), progressive=True)) == Header("image/jpeg", 70, 90)


@pytest.mark.parametrize("kind", ["image/gif", "image/webp", "image/png"])
def test_the_frames_of_an_animation_are_counted(kind: str) -> None:
    assert header_of(animation(kind, 7)) == Header(kind, 64, 48, 7)


def test_counting_stops_where_there_are_too_many_frames() -> None:
    assert header_of(gif_of(10_001)).frames == FRAMES_MAX + 1


def test_of_several_sizes_in_one_jpeg_the_largest_counts() -> None:
    content = picture("image/jpeg")
    place = content.index(b"\xff\xc0")
    small, large = (struct.pack(">BBHBHHB", 0xFF, 0xC0, 8, 8, side, side, 0) for side in (1, 40_000))
    for lie in (small + large, large + small):
        header = header_of(content[:place] + lie + content[place:])
        assert (header.width, header.height) == (40_000, 40_000)


def test_a_frame_that_reaches_beyond_the_screen_makes_it_larger() -> None:
    content = bytearray(gif_of(2))
    place = content.index(b"\x2c")
    content[place + 1 : place + 9] = struct.pack("<HHHH", 60_000, 5, 5_000, 7)
    assert header_of(bytes(content))[1:] == (65_000, 12, 2)


@pytest.mark.parametrize("kind", PICTURES)
def test_a_header_that_is_cut_off_is_broken(kind: str) -> None:
    content = animation(kind, 3) if kind == "image/gif" else picture(kind)
    known = next(size for size in range(len(content)) if content_type(content[:size]))
    for size in range(known, 23):
        with pytest.raises(MediaBroken):
            header_of(content[:size]).check()


def test_a_gif_that_ends_in_the_middle_of_a_frame_is_broken() -> None:
    content = picture("image/gif")
    with pytest.raises(MediaBroken):
        header_of(content[:-20])


def test_one_who_wants_us_to_count_for_ever_is_broken() -> None:
    endless = gif_of(1)[:-5] + b"\x01\x00" * (BLOCKS_MAX + 10)
    with pytest.raises(MediaBroken):
        header_of(endless)
    with pytest.raises(MediaBroken):
        header_of(b"\x89PNG\r\n\x1a\n" + (struct.pack(">I", 0) + b"zzzz" + bytes(4)) * 5_000)
    assert header_of(b"\xff\xd8\xff\xe0\x00\x02" * 5_000)[1:3] == (0, 0)


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (Header("image/png", 50_000, 50_000), MediaTooManyPixels),
        (Header("image/png", 40_000_001, 1), MediaTooManyPixels),
        (Header("image/png", SIDE_MAX + 1, 1), MediaTooManyPixels),
        (Header("image/gif", 1, 1, FRAMES_MAX + 1), MediaTooManyFrames),
        (Header("image/gif", 1_000, 1_000, 201), MediaTooManyFrames),
        (Header("image/gif", 0, 7), MediaBroken),
        (Header("image/gif", 7, 7, 0), MediaBroken),
    ],
)
def test_what_says_too_much_or_nothing_is_refused(header: Header, error: type[Exception]) -> None:
    with pytest.raises(error):
        header.check()


@pytest.mark.parametrize(
    "header",
    [Header("image/png", 8_000, 5_000), Header("image/gif", 1_000, 1_000, 200), Header("image/gif", 1, 1, FRAMES_MAX)],
)
def test_what_is_just_small_enough_is_taken(header: Header) -> None:
    header.check()
    assert header.kind is MediaKind.IMAGE


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42", "video/mp4"),
        (b"\x00\x00\x00\x1cftypisom", "video/mp4"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm", "video/webm"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", None),
        (b"\x00\x00\x00\x1cftypavif", None),
        (b"\x00\x00\x00\x1cftypheic", None),
        (b"\x00\x00\x00\x14ftypqt  ", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"<!doctype html><script>alert(1)</script>", None),
        (b"%PDF-1.7 \xff\xd8\xff", None),
        (b"BM\x00\x00", None),
        (b"MM\x00*", None),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"\xff\xd8", None),
        (b"", None),
    ],
)
def test_the_type_is_told_by_content(beginning: bytes, kind: str | None) -> None:
    assert content_type(beginning) == kind


@given(st.sampled_from([picture(kind, (5, 4)) for kind in PICTURES] + [animation(), png_of(9, 9)]), st.data())
def test_no_damage_is_anything_but_a_header_or_broken(content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(content)))
    kind = content_type(content[:64])
    assert kind is not None
    try:
        header = read_header(kind, bytes(damaged[:end]))
    except MediaBroken:
        return
    assert header.content_type == kind
