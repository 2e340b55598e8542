"""Shares."""

import pytest

from socialfeed.domain.engagement import ECHO, is_echo
from socialfeed.domain.ids import EPOCH_MS, Kind, PostId, ShareId, compose

A_DAY = int(ECHO.total_seconds() * 1000)


@pytest.mark.parametrize(("after", "expected"), [(-5, True), (0, True), (A_DAY - 1, True), (A_DAY, False)])
def test_a_share_echoes_a_post_of_less_than_a_day(after: int, expected: bool) -> None:
    """Also where the clock that it was made by is behind."""
    post = PostId(compose(EPOCH_MS + 10, Kind.POST, 7, 3))
    assert is_echo(ShareId(compose(EPOCH_MS + 10 + after, Kind.SHARE, 7, 3)), post) is expected
