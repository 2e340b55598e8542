"""Against hashes made by an implementation of another author: blurhash 1.1.5 for Python (MIT)."""

import pytest

from socialfeed.adapters.media.processing.blurhash import encode

WIDTH, HEIGHT = 32, 24
PLACES = [(x, y) for y in range(HEIGHT) for x in range(WIDTH)]
PIXELS = {
    "a slope": [(8 * x % 256, 10 * y % 256, 90) for x, y in PLACES],
    "black": [(0, 0, 0) for _ in PLACES],
    "white": [(255, 255, 255) for _ in PLACES],
    "a pattern": [((x * y * 7) % 256, (x + y) % 2 * 255, (x * 31 + y * 17) % 256) for x, y in PLACES],
    "two halves": [(255, 0, 0) if x < 16 else (0, 0, 255) for x, y in PLACES],
}
HASHES = {
    "a slope": "LxH2782rwxX7mGWWjtf7gJfjfQfj",
    "black": "L00000fQfQfQfQfQfQfQfQfQfQfQ",
    "white": "LDTSUA_3fQ_3~qoffQoffQfQfQfQ",
    "a pattern": "L7GwYNLI6iG=P.JjN@Ji2FFDWrWk",
    "two halves": "L~LjfL|TsRJrsXn~jsa}fQfQfQfQ",
}


@pytest.mark.parametrize("name", PIXELS)
def test_a_picture_has_the_hash_that_others_give_it(name: str) -> None:
    assert encode(PIXELS[name], WIDTH, HEIGHT) == HASHES[name]


def test_a_picture_of_one_pixel_has_one() -> None:
    assert encode([(200, 100, 50)], 1, 1)[0] == HASHES["black"][0]
