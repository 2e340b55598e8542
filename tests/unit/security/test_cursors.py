"""Cursors are sealed."""

import pytest

from socialfeed.adapters.security import AesSivCursors
from socialfeed.application.paging import Cursors
from socialfeed.application.ports.security import CursorSeal
from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import MAX_ID
from socialfeed.testing.contracts.security import CursorSealContract


class TestAesSivCursors(CursorSealContract):
    @pytest.fixture
    def cursor_seal(self) -> CursorSeal:
        return AesSivCursors("a secret of thirty-two characters")

    @pytest.fixture
    def foreign_cursor_seal(self) -> CursorSeal:
        return AesSivCursors("a secret of thirty-three characters")


LISTING = Cursors(AesSivCursors("a secret of thirty-two characters")).of("threads", 7, "TOP")


@pytest.mark.parametrize("place", [(1,), (MAX_ID,), (-1, 5), (0, MAX_ID, 1)])
def test_a_place_of_several_numbers_comes_back(place: tuple[int, ...]) -> None:
    assert LISTING.place(LISTING.cursor(*place), len(place)) == place


def test_a_place_of_another_length_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        LISTING.place(LISTING.cursor(1, 2), 1, "after")
    assert (caught.value.code, caught.value.field) == ("INVALID_CURSOR", "after")
    assert LISTING.place(None, 1) is None
