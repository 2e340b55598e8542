"""Lists of accounts."""

from datetime import timedelta

import pytest

from socialfeed.domain.errors import Invalid
from socialfeed.domain.user_list import NAME_MAX
from socialfeed.testing import Builder
from socialfeed.testing.clock import START, FixedClock

LATER = START + timedelta(minutes=1)


@pytest.fixture
def make() -> Builder:
    return Builder(FixedClock())


def test_a_name_is_normalised_and_may_be_as_long_as_this(make: Builder) -> None:
    assert make.user_list(make.user(), name=" Cafe\u0301 ").name == "Café"
    assert make.user_list(make.user(), name="n" * NAME_MAX).name == "n" * NAME_MAX


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (" \t ", "TOO_SHORT"),
        ("n" * (NAME_MAX + 1), "TOO_LONG"),
        ("two\nlines", "INVALID_CHARACTER"),
        ("nul\0", "INVALID_CHARACTER"),
        ("half \ud800", "INVALID_CHARACTER"),
    ],
)
def test_other_names_are_refused_also_when_it_is_renamed(make: Builder, name: str, code: str) -> None:
    made = make.user_list(make.user(), name="Friends")
    with pytest.raises(Invalid) as of_new:
        make.user_list(make.user(), name=name)
    with pytest.raises(Invalid) as of_renamed:
        made.renamed(name, at=LATER)

    assert {(each.value.code, each.value.field) for each in (of_new, of_renamed)} == {(code, "name")}


def test_a_list_that_is_renamed_says_when_and_one_that_keeps_its_name_does_not(make: Builder) -> None:
    made = make.user_list(make.user(), name="Friends")
    renamed = made.renamed("Foes", at=LATER)

    assert (renamed.id, renamed.name, renamed.created_at, renamed.updated_at) == (made.id, "Foes", START, LATER)
    assert made.renamed(" Friends ", at=LATER) == made
