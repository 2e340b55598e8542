"""How well a text fits a query, and the part of it that shows so."""

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from socialfeed.domain.errors import Invalid
from socialfeed.domain.matching import EXCERPT_LENGTH, SCORE_MAX, Piece, excerpt, matches, relevance
from socialfeed.domain.search import MARK, indexed, parse


def marked(query: str, text: str) -> str:
    return "".join(f"[{piece.text}]" if piece.is_match else piece.text for piece in excerpt(parse(query), text))


@pytest.mark.parametrize(
    ("query", "text", "shown"),
    [
        ("cafe", "A nice CAFÉ.", "A nice [CAFÉ]."),
        ('"new york" rain', "Rain in New  York!", "[Rain] in [New  York]!"),
        ("progr*", "Programmers program", "[Programmers] [program]"),
        ("東京", "私は東京タワー", "私は[東京]タワー"),
        ("東京タ 京タワ", "東京タワー", "[東京タワ]ー"),
        ("東", "東東", "[東東]"),
        ("gone", "Edited since.", "Edited since."),
        ("rain -snow", "rain, no snow", "[rain], no snow"),
        ("x", "<b>x</b> & y", "<b>[x]</b> & y"),
    ],
)
def test_an_excerpt_marks_what_matches_in_the_words_of_the_text(query: str, text: str, shown: str) -> None:
    assert marked(query, text) == shown


def test_an_excerpt_of_a_long_text_is_cut_between_words_around_the_first_match() -> None:
    text = "word " * 100 + "needle" + " word" * 100
    pieces = excerpt(parse("needle"), text)
    assert pieces[0].text.startswith("…word ")
    assert pieces[1] == Piece("needle", is_match=True)
    assert pieces[2].text.endswith(" word…")
    assert EXCERPT_LENGTH / 2 < sum(len(piece.text) for piece in pieces) <= EXCERPT_LENGTH + 2
    assert marked("needle", "needle " + "word " * 100).startswith("[needle] word")
    assert marked("needle", "word " * 100 + "needle").endswith("word [needle]")


def test_a_match_longer_than_an_excerpt_is_shown_whole() -> None:
    long = " ".join("abcdefghijk"[n] * 20 for n in range(11))
    text = f"before {'and ' * 60}{long} after {'and ' * 60}"
    assert [piece.text for piece in excerpt(parse(f'"{long}"'), text) if piece.is_match] == [long]


@given(st.text(max_size=400), st.text(max_size=20))
def test_an_excerpt_is_part_of_the_text(text: str, asked: str) -> None:
    try:
        query = parse(asked)
    except Invalid:
        return
    pieces = excerpt(query, text)
    shown = "".join(piece.text for piece in pieces)
    assert shown.removeprefix("…").removesuffix("…") in text or shown in text
    assert all(piece.text for piece in pieces)
    assert all(one.is_match is not other.is_match for one, other in pairwise(pieces))
    if matches(query, indexed(text)):
        assert any(piece.is_match for piece in pieces)


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("fox", "fox fox and hens", "fox and two hens"),
        ("fox", "a fox", "a fox and many many other things"),
        ("red fox", "the red fox ran off today", "the red hen saw a fox"),
        ('"red fox"', "red fox red fox", "red fox red hen"),
    ],
)
def test_more_and_closer_in_less_text_is_more_relevant(query: str, better: str, worse: str) -> None:
    scores = [relevance(parse(query), indexed(text)) for text in (better, worse)]
    assert SCORE_MAX >= scores[0] > scores[1] > 0


def test_what_is_not_there_scores_nothing_and_labels_count_for_nothing() -> None:
    query = parse("red fox")
    assert relevance(query, indexed("red hen")) == 0
    assert relevance(query, [*indexed("red fox"), f"{MARK}tag{MARK}x"]) == relevance(query, indexed("red fox"))
