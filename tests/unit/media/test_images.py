"""Making pictures over, by the code of the child, in this process."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageSequence, PngImagePlugin

from socialfeed.adapters.media.processing.images import FRAME_MS, make_over
from socialfeed.adapters.media.processing.results import Broken, Made
from socialfeed.domain.media import Header
from tests.uploads import GPS, animation, encoded, gradient, opened, picture

STILL = ("image/jpeg", "image/png", "image/webp")


def made_over(content: bytes, kind: str = "image/png", frames: int = 1) -> tuple[Made, list[bytes]]:
    outputs = [BytesIO() for _ in range(4)]
    made = make_over(BytesIO(content), Header(kind, frames=frames), outputs)
    return made, [output.getvalue() for output in outputs]


def exif_with_place(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "CAMERA-CANARY"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0), 29: GPS.decode("latin-1")})
    return exif


@pytest.mark.parametrize("kind", STILL)
def test_a_picture_keeps_its_format_its_size_and_its_looks(kind: str) -> None:
    content = picture(kind, (1_400, 700))
    made, files = made_over(content, kind)
    assert (made.content_type, made.width, made.height) == (kind, 1_400, 700)
    again = opened(files[0])
    assert (again.format, again.size) == (kind.partition("/")[2].upper(), (1_400, 700))
    before, after = (image.convert("RGB").resize((8, 8)).tobytes() for image in (opened(content), again))
    assert max(abs(one - other) for one, other in zip(before, after, strict=True)) < 12


def test_smaller_pictures_are_made_and_none_is_larger_than_the_original() -> None:
    expected = {
        (1_400, 700): [(320, 160), (640, 320), (1_280, 640)],
        (1_280, 9): [(320, 2), (640, 4)],
        (321, 5_000): [(320, 4_984)],
        (320, 10): [],
        (1_000, 1): [(320, 1), (640, 1)],
    }
    for size, sizes in expected.items():
        made, files = made_over(picture(size=size))
        assert list(made.renditions) == sizes
        found = [opened(file) for file in files[1:] if file]
        assert [(image.format, image.size) for image in found] == [("WEBP", size) for size in sizes]


@pytest.mark.parametrize("kind", STILL)
def test_39_nothing_that_a_camera_or_a_program_says_is_left(kind: str) -> None:
    options: dict[str, Any] = {
        "exif": exif_with_place(),
        "xmp": b"<x:xmpmeta>XMP-CANARY</x:xmpmeta>",
        "icc_profile": srgb(),
    }
    if kind == "image/jpeg":
        options["comment"] = b"COMMENT-CANARY"
    if kind == "image/png":
        said = PngImagePlugin.PngInfo()
        said.add_text("Comment", "COMMENT-CANARY")
        said.add_itxt("XML:com.adobe.xmp", "XMP-CANARY")
        options["pnginfo"] = said
    content = picture(kind, (700, 400), **options)
    assert b"CANARY" in content
    _, files = made_over(content, kind)
    for file in filter(None, files):
        image = opened(file)
        assert b"CANARY" not in file
        assert not image.getexif()
        assert image.info.keys() & {"exif", "xmp", "icc_profile", "comment", "Comment", "XML:com.adobe.xmp"} == set()


@pytest.mark.parametrize("kind", STILL)
def test_39_a_tail_is_gone(kind: str) -> None:
    content = picture(kind, (700, 400)) + b"<script>alert('TAIL-CANARY')</script>PK\x03\x04"
    _, files = made_over(content, kind)
    assert len([file for file in files if file]) == 3
    assert all(b"TAIL-CANARY" not in file and b"<script" not in file for file in files)


def test_a_picture_that_lay_on_its_side_stands_up() -> None:
    content = encoded(gradient((60, 30)), "image/jpeg", exif=exif_with_place(6))
    made, files = made_over(content, "image/jpeg")
    assert (made.width, made.height) == opened(files[0]).size == (30, 60)


MODES = {"image/jpeg": "L CMYK", "image/png": "1 P LA RGBA I;16", "image/webp": "RGBA", "image/gif": "P L"}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes.split()])
def test_every_way_of_keeping_colours_is_taken(kind: str, mode: str) -> None:
    source = Image.new(mode, (400, 20), 40_000) if mode == "I;16" else gradient((400, 20), mode)
    content = encoded(source, kind)
    made, files = made_over(content, kind)
    again = opened(files[0])
    assert again.mode in (["RGBA"] if opened(content).has_transparency_data else ["L", "RGB"])
    assert list(made.renditions) == [(320, 16)]
    if mode == "I;16":
        assert again.getpixel((5, 5)) == 40_000 // 256


def test_what_can_be_seen_through_stays_so() -> None:
    content = encoded(Image.new("RGBA", (400, 300), (10, 200, 30, 0)), "image/png")
    _, files = made_over(content)
    assert all(opened(file).convert("RGBA").getpixel((5, 5))[3] == 0 for file in files if file)  # type: ignore[index]


def test_colours_of_another_space_are_converted_and_a_broken_profile_is_dropped() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for profile in (srgb(), lab, b"no profile at all", b""):
        made, files = made_over(picture("image/jpeg", icc_profile=profile), "image/jpeg")
        assert (made.width, made.height) == (64, 48)
        assert "icc_profile" not in opened(files[0]).info


@pytest.mark.parametrize("kind", ["image/gif", "image/webp", "image/png"])
def test_what_moves_goes_on_moving_as_webp(kind: str) -> None:
    made, files = made_over(animation(kind, 6, (400, 200)), kind, frames=6)
    again = opened(files[0])
    assert (made.content_type, again.format) == ("image/webp", "WEBP")
    frames = [frame.convert("RGB").resize((9, 9)).tobytes() for frame in ImageSequence.Iterator(again)]
    assert len(frames) == 6
    assert len(set(frames)) == 6
    assert made.duration_ms == 240
    assert list(made.renditions) == [(320, 160)]
    assert getattr(opened(files[1]), "n_frames", 1) == 1


def test_frames_that_say_no_time_are_shown_as_browsers_do() -> None:
    first, *others = (gradient((40, 20)).rotate(turn) for turn in (0, 30, 60))
    content = encoded(first, "image/gif", save_all=True, append_images=others)
    made, _ = made_over(content, "image/gif", frames=3)
    assert made.duration_ms == 3 * FRAME_MS


def test_a_still_gif_loses_nothing_as_webp() -> None:
    content = picture("image/gif", (90, 70), "P")
    made, files = made_over(content, "image/gif")
    assert made.content_type == "image/webp"
    assert opened(files[0]).convert("RGB").tobytes() == opened(content).convert("RGB").tobytes()


@pytest.mark.parametrize("kind", [*STILL, "image/gif"])
def test_a_file_that_is_cut_off_is_broken(kind: str) -> None:
    content = picture(kind, (300, 200))
    for size in (len(content) // 2, len(content) - 40):
        with pytest.raises(Broken):
            made_over(content[:size], kind)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "TGA", "PCX", "DIB", "SGI", "JPEG2000", "AVIF", "PDF"])
def test_38_no_other_format_can_be_opened(kind: str) -> None:
    """Even where a header of ours was fooled."""
    output = BytesIO()
    gradient((64, 64)).save(output, kind)
    with pytest.raises(Broken):
        made_over(output.getvalue(), "image/png")


def test_38_a_header_that_lied_to_us_is_found_out_before_decoding() -> None:
    huge = b"\x89PNG\r\n\x1a\n" + picture()[8:16] + (50_000).to_bytes(4, "big") * 2 + picture()[24:]
    with pytest.raises(Broken):
        made_over(huge)


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
