"""Words, queries, and where they meet."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from socialfeed.domain.errors import Invalid
from socialfeed.domain.search import (
    INDEXED_MAX,
    LABEL_LENGTH,
    MARK,
    QUERY_MAX,
    REPEATS_MAX,
    WORD_LENGTH,
    WORDS_MAX,
    Phrase,
    Query,
    fold,
    indexed,
    label,
    parse,
    words,
)


def texts(text: str) -> list[str]:
    return [word.text for word in words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't PANIC, it's 42!", ["don", "t", "panic", "it", "s", "42"]),
        ("naïve café, Łódź, Straße, İstanbul", ["naive", "cafe", "lodz", "strasse", "istanbul"]),
        ("#some_tag @ada_l", ["some", "tag", "ada", "l"]),
        ("co\u00adoperate zero\u200dwidth", ["cooperate", "zerowidth"]),
        ("ﬁne ＦＵＬＬ ½", ["fine", "full", "1", "2"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("שָׁלוֹם مَرْحَبًا", ["שלום", "مرحبا"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー", "ー"]),
        ("ｶﾞﾗｽ", ["ガラ", "ラス", "ス"]),
        ("ใจดี", ["ใจ", "จดี", "ดี"]),
        ("in東京x", ["in", "東京", "京", "x"]),
        ("🎈 … --- ___", []),
        ("", []),
    ],
)
def test_words_are_folded_and_scripts_without_spaces_come_in_pairs(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_each_word_knows_its_place() -> None:
    text = "Zoë’s ½ 東京 x"
    assert [text[word.start : word.end] for word in words(text)] == ["Zoë", "s", "½", "½", "東京", "京", "x"]


@given(st.text(max_size=60))
def test_words_stand_in_order_within_the_text_and_hold_nothing_but_letters_and_digits(text: str) -> None:
    found = list(words(text))
    assert all(0 <= word.start < word.end <= len(text) for word in found)
    assert [word.start for word in found] == sorted(word.start for word in found)
    for word in found:
        assert 0 < len(word.text) <= WORD_LENGTH
        assert not set(word.text) & set(f"{MARK} \t\n'\"\\&|!:*()<>-_#@\0")


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_plain_text_has_the_same_words_beside_other_scripts(text: str) -> None:
    assert list(words(f"{text} é"))[:-1] == list(words(text))


@given(st.text(max_size=60))
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=40))
def test_a_text_is_found_by_its_own_words(text: str) -> None:
    try:
        query = parse(text.replace("-", " ").replace("*", " ").replace("－", " ").replace("＊", " "))
    except Invalid:
        return
    from socialfeed.domain.matching import matches

    assert matches(query, indexed(text))


class TestQueries:
    @pytest.mark.parametrize(
        ("text", "wanted", "unwanted"),
        [
            ("Cats DOGS cats", [Phrase(("cats",)), Phrase(("dogs",))], []),
            ('"New York" -"los angeles" -rain', [Phrase(("new", "york"))], [("los", "angeles"), ("rain",)]),
            ("“New York”", [Phrase(("new", "york"))], []),
            ("prog*", [Phrase(("prog",), True)], []),
            ('"new prog"*', [Phrase(("new", "prog"), True)], []),
            ('"new prog*"', [Phrase(("new", "prog"), True)], []),
            ("don't well-known", [Phrase(("don", "t")), Phrase(("well", "known"))], []),
            ('"never closed', [Phrase(("never", "closed"))], []),
            ("- a -- * \"\" '' b", [Phrase(("a",)), Phrase(("b",))], []),
            ("a OR b AND c", [Phrase((word,)) for word in ("a", "or", "b", "and", "c")], []),
            ("東", [Phrase(("東",), True)], []),
            ("東京", [Phrase(("東京",))], []),
            ("東京タワー", [Phrase(("東京", "京タ", "タワ", "ワー"))], []),
            ('"東京 tower"', [Phrase(("東京", "京", "tower"))], []),
            ('"tower 東"', [Phrase(("tower", "東"), True)], []),
        ],
    )
    def test_are_read_as_people_mean_them(
        self, text: str, wanted: list[Phrase], unwanted: list[tuple[str, ...]]
    ) -> None:
        assert parse(text) == Query(tuple(wanted), tuple(map(Phrase, unwanted)))

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "NOTHING_TO_SEARCH"),
            ("  \n", "NOTHING_TO_SEARCH"),
            ("🎈 !!! \0 \ud800", "NOTHING_TO_SEARCH"),
            ("-rain", "NOTHING_TO_SEARCH"),
            (f"{MARK}author{MARK}"[:1], "NOTHING_TO_SEARCH"),
            ("a*", "PREFIX_TOO_SHORT"),
            ("rain -a*", "PREFIX_TOO_SHORT"),
            ("x" * (QUERY_MAX + 1), "TOO_LONG"),
            (" ".join(f"w{n}" for n in range(WORDS_MAX + 1)), "TOO_LONG"),
        ],
    )
    def test_that_make_no_sense_are_refused(self, text: str, code: str) -> None:
        with pytest.raises(Invalid) as refused:
            parse(text)
        assert (refused.value.code, refused.value.field) == (code, "query")

    @given(st.text(max_size=QUERY_MAX))
    def test_are_read_or_refused_whatever_they_are(self, text: str) -> None:
        try:
            query = parse(text)
        except Invalid:
            return
        assert query.wanted
        assert all(word for phrase in (*query.wanted, *query.unwanted) for word in phrase.words)


def test_an_index_keeps_so_many_places_of_a_word_and_so_many_words() -> None:
    kept = indexed("ha " * (REPEATS_MAX + 3) + "end")
    assert kept == ["ha"] * REPEATS_MAX + [MARK] * 3 + ["end"]
    assert len(indexed(" ".join(str(n) for n in range(INDEXED_MAX + 10)))) == INDEXED_MAX


def test_labels_are_no_words_and_as_long_as_an_index_takes() -> None:
    assert label("language", "en-GB") == f"{MARK}language{MARK}en{MARK}gb"
    assert label("tag", "Café") == label("tag", "cafe")
    assert len(label("tag", "x" * 10_000)) < LABEL_LENGTH + 10
    assert texts(label("tag", "x")) == ["tag", "x"]
