"""People who are looked for by half of their names."""

import pytest

from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import UserId
from socialfeed.domain.names import SCORE_MAX, best, likeness, name_words, parse_name, slips, trigrams
from socialfeed.domain.search import MARK, QUERY_MAX


def test_names_are_words_whole_in_every_script() -> None:
    assert name_words("ada_l", "Ada", "O'Brien", "山田太郎") == ("ada", "l", "o", "brien", "山田太郎")
    assert parse_name(" @Ada_L  ada ") == ("ada", "l")


@pytest.mark.parametrize(("text", "code"), [("@ !", "NOTHING_TO_SEARCH"), ("x" * (QUERY_MAX + 1), "TOO_LONG")])
def test_nothing_is_no_name_to_look_for(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_name(text)
    assert (refused.value.code, refused.value.field) == (code, "query")


def test_trigrams_are_those_of_pg_trgm() -> None:
    """Its manual's example: `cat`."""
    assert {trigram.replace(MARK, " ") for trigram in trigrams("cat")} == {"  c", " ca", "at ", "cat"}


def test_the_same_is_better_than_a_beginning_than_a_slip_than_a_likeness() -> None:
    scores = [likeness(["john"], [name]) for name in ("john", "johnny", "jonh", "jon")]
    assert scores[0] == SCORE_MAX
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4
    assert scores[-1] > 0


def test_every_word_has_to_be_like_something() -> None:
    names = name_words("ada_l", "Ada", "Lovelace")
    assert likeness(parse_name("ada lovelace"), names) == SCORE_MAX
    assert likeness(parse_name("ada hopper"), names) == 0
    assert likeness(["ada"], []) == 0


def test_slips_of_short_words_only() -> None:
    assert slips("jhon") == ("hjon", "john", "jhno")
    assert slips("ab") == ()
    assert slips("aaa") == ()
    assert slips("katharina") == ()


def test_the_best_come_first_then_the_oldest_and_pages_go_on_behind_one() -> None:
    people = [(UserId(n), (name,)) for n, name in ((1, "johnny"), (2, "bob"), (4, "john"), (3, "john"))]
    ranked = best(["john"], people, limit=10)
    assert [user_id for user_id, _ in ranked] == [3, 4, 1]
    assert best(["john"], people, limit=1, after=ranked[0]) == ranked[1:2]
    assert best(["john"], people, limit=5, after=ranked[2]) == []
