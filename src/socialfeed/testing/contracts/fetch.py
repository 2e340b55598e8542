"""Images on other people's servers: told by their content, followed so far, and no further."""

from typing import Protocol

import pytest

from socialfeed.application.ports.fetch import MAX_BYTES, MAX_REDIRECTS, Fetcher
from socialfeed.domain.errors import FetchFailed

IMAGES = {
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01 and so on",
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR and so on",
    "image/gif": b"GIF89a\x01\x00\x01\x00\x00\x00 and so on",
    "image/webp": b"RIFF\x24\x00\x00\x00WEBPVP8  and so on",
}
PNG = IMAGES["image/png"]
HERE = "http://pictures.example/a"


class Elsewhere(Protocol):
    """Other people's servers, and a fetcher that is to reach them."""

    fetcher: Fetcher

    def put(self, url: str, content: bytes = b"", *, location: str | None = None) -> None:
        """What is answered there from now on: a content, or that it is elsewhere."""


class FetcherContract:
    """Fixture: `elsewhere`, where nothing answers yet."""

    @pytest.mark.parametrize("media_type", IMAGES)
    async def test_an_image_arrives_whole_and_is_what_its_content_says(
        self, elsewhere: Elsewhere, media_type: str
    ) -> None:
        elsewhere.put(HERE, IMAGES[media_type])
        assert await fetched(elsewhere.fetcher, HERE) == (media_type, IMAGES[media_type])

    @pytest.mark.parametrize(
        "content",
        [
            *(b"", b"\xff\xd8", b"GIF8", b"RIFF\x24\x00\x00\x00WEBQ", b"RIFF\x24\x00\x00\x00", b"BM6\x00\x00\x00"),
            *(b"<!doctype html><script>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b" " + PNG, b"%PDF-1.7 and on"),
        ],
    )
    async def test_what_is_no_image_is_not_given(self, elsewhere: Elsewhere, content: bytes) -> None:
        elsewhere.put(HERE, content)
        with pytest.raises(FetchFailed):
            await fetched(elsewhere.fetcher, HERE)

    async def test_what_is_not_there_cannot_be_had(self, elsewhere: Elsewhere) -> None:
        elsewhere.put(HERE, PNG)
        for url in ("http://pictures.example/b", "http://nowhere.example/a"):
            with pytest.raises(FetchFailed):
                await fetched(elsewhere.fetcher, url)

    async def test_redirects_are_followed_wherever_they_lead(self, elsewhere: Elsewhere) -> None:
        elsewhere.put(HERE, location="/b?c=d")
        elsewhere.put("http://pictures.example/b?c=d", location="//other.example/e/f")
        elsewhere.put("http://other.example/e/f", location="g")
        elsewhere.put("http://other.example/e/g", PNG)
        assert await fetched(elsewhere.fetcher, HERE) == ("image/png", PNG)

    async def test_so_many_redirects_are_followed_and_no_more(self, elsewhere: Elsewhere) -> None:
        for n in range(1 + MAX_REDIRECTS):
            elsewhere.put(f"{HERE}{n}", location=f"{HERE}{n + 1}")
        elsewhere.put(f"{HERE}{1 + MAX_REDIRECTS}", PNG)
        assert await fetched(elsewhere.fetcher, f"{HERE}1") == ("image/png", PNG)
        with pytest.raises(FetchFailed):
            await fetched(elsewhere.fetcher, f"{HERE}0")

    async def test_a_redirect_to_itself_ends(self, elsewhere: Elsewhere) -> None:
        elsewhere.put(HERE, location=HERE)
        with pytest.raises(FetchFailed):
            await fetched(elsewhere.fetcher, HERE)

    async def test_an_image_has_so_many_bytes_and_no_more(self, elsewhere: Elsewhere) -> None:
        largest = PNG.ljust(MAX_BYTES, b"x")
        elsewhere.put(HERE, largest)
        assert await fetched(elsewhere.fetcher, HERE) == ("image/png", largest)
        elsewhere.put(HERE, largest + b"x")
        with pytest.raises(FetchFailed):
            await fetched(elsewhere.fetcher, HERE)

    async def test_a_reader_may_leave_early(self, elsewhere: Elsewhere) -> None:
        elsewhere.put(HERE, PNG.ljust(1_000_000, b"x"))
        async with elsewhere.fetcher.image(HERE) as image:
            assert (await anext(image.chunks)).startswith(PNG[:4])
        assert (await fetched(elsewhere.fetcher, HERE))[0] == "image/png"


async def fetched(fetcher: Fetcher, url: str) -> tuple[str, bytes]:
    """Media type and whole content."""
    async with fetcher.image(url) as image:
        return image.media_type, b"".join([chunk async for chunk in image.chunks])
