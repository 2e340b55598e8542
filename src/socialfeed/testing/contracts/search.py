"""The contract of `SearchIndex`."""

import asyncio
from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from socialfeed.application.ports.search import (
    RANKED,
    PostDocument,
    PostHit,
    PostQuery,
    SearchIndex,
    UserDocument,
    UserHit,
)
from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.matching import matches
from socialfeed.domain.names import likeness, name_words, parse_name
from socialfeed.domain.search import INDEXED_MAX, REPEATS_MAX, WORD_LENGTH, indexed, label, parse

ADA, BOB = UserId(1), UserId(2)

HOSTILE = (
    "a' & b",
    "'); DROP TABLE posts; --",
    "foo | bar:*",
    "foo:A & !bar",
    "<-> foo <2> bar",
    "((((",
    'foo" OR "bar',
    "foo NEAR(bar, 1)",
    "NOT foo",
    "words: foo",
    "{words} : foo",
    "^foo + bar",
    "foo\\",
    "foo'",
    "%foo%",
    "foo\0bar",
    "foo\ud800bar",
    "foo -\u00b7a\u00b71",
    "\u00b7a\u00b71 foo",
)

# What texts and queries are made of: the same few letters over and over, and all that means something anywhere.
_LETTERS = ("a", "b", "c", "é", "ab", "bc", "東", "京", "タ", "ｶﾞ", "한", "글", "หิ", "न", "ि", "½", "ß", "\u0301")
_SIGNS = (" ", "  ", "-", "*", '"', "'", "#", "_", "\u00b7", "&", "|", "!", ":*", "(", ")", "<->", "\\", "%", "^")
_PIECES = st.sampled_from((*_LETTERS, *_SIGNS, *" " * 8, " OR ", " NOT ", " NEAR "))
_TEXTS = st.lists(_PIECES, max_size=12).map("".join)


def document(post_id: int, text: str, *labels: str, author_id: UserId = ADA) -> PostDocument:
    return PostDocument(PostId(post_id), author_id, tuple(indexed(text)), frozenset(labels))


def asked(query: str, *labels: str, above: int = 0, below: int = 1_000_000) -> PostQuery:
    return PostQuery(parse(query), frozenset(labels), above, below)


async def found(search: SearchIndex, query: str, *labels: str) -> list[int]:
    """All that match, newest first: both orders find the same."""
    newest = await search.newest_posts(asked(query, *labels), limit=100)
    best = await search.best_posts(asked(query, *labels), limit=100)
    assert sorted(hit.post_id for hit in best) == sorted(newest)
    return [*newest]


class SearchContract:
    """Fixture: `search`, fresh and empty for each test."""

    async def test_the_posts_in_it_are_listed_by_id(self, search: SearchIndex) -> None:
        assert await search.post_ids_after(0, limit=10) == []
        await search.put_posts([document(post_id, "foo") for post_id in (3, 1, 7, 5)])
        await search.remove_posts([PostId(5)])
        assert await search.post_ids_after(0, limit=10) == [1, 3, 7]
        assert await search.post_ids_after(1, limit=1) == [3]
        assert await search.post_ids_after(7, limit=10) == []

    async def test_every_word_must_be_there_in_any_order(self, search: SearchIndex) -> None:
        await search.put_posts([document(1, "red fox"), document(2, "a fox, quick and RED"), document(3, "red hen")])
        assert await found(search, "red fox") == [2, 1]
        assert await found(search, "fox") == [2, 1]
        assert await found(search, "fo") == []
        assert await found(search, "red wolf") == []

    async def test_a_phrase_is_words_in_their_order(self, search: SearchIndex) -> None:
        await search.put_posts(
            [document(1, "I love New York."), document(2, "York has a new mayor"), document(3, "new")]
        )
        assert await found(search, '"new york"') == [1]
        assert await found(search, '"love new york"') == [1]
        assert await found(search, '"york new"') == []

    async def test_a_star_finds_what_begins_so(self, search: SearchIndex) -> None:
        await search.put_posts(
            [document(1, "programming"), document(2, "a program"), document(3, "my new progress bar")]
        )
        assert await found(search, "progr*") == [3, 2, 1]
        assert await found(search, "program*") == [2, 1]
        assert await found(search, '"new prog*"') == [3]
        assert await found(search, "programmings*") == []

    async def test_a_minus_leaves_out(self, search: SearchIndex) -> None:
        await search.put_posts([document(1, "apple pie"), document(2, "apple tart"), document(3, "new apple pie")])
        assert await found(search, "apple -pie") == [2]
        assert await found(search, 'apple -"new apple"') == [2, 1]
        assert await found(search, "apple -ta* -new") == [1]

    async def test_case_accents_and_forms_do_not_matter(self, search: SearchIndex) -> None:
        await search.put_posts([document(1, "Café ＦＵＬＬ Straße"), document(2, "cafe\u0301 in Łódź")])
        assert await found(search, "cafe") == [2, 1]
        assert await found(search, "CAFÉ") == [2, 1]
        assert await found(search, "full strasse") == [1]
        assert await found(search, "lodz") == [2]

    async def test_scripts_without_spaces_are_found_by_any_part(self, search: SearchIndex) -> None:
        await search.put_posts(
            [
                document(1, "私は東京タワーへ行く"),
                document(2, "京都の東"),
                document(3, "학교에서"),
                document(4, "ใจดีมาก"),
            ]
        )
        assert await found(search, "東京") == [1]
        assert await found(search, "タワー") == [1]
        assert await found(search, "ﾀﾜｰ") == [1]
        assert await found(search, "東") == [2, 1]
        assert await found(search, "く") == [1]
        assert await found(search, "京東") == []
        assert await found(search, "학교") == [3]
        assert await found(search, "ดี") == [4]

    async def test_labels_narrow_and_nobody_types_them(self, search: SearchIndex) -> None:
        german, english = label("language", "de"), label("language", "en-GB")
        await search.put_posts([document(1, "hallo", german), document(2, "hallo", english), document(3, "hallo")])
        assert await found(search, "hallo", german) == [1]
        assert await found(search, "hallo", english) == [2]
        assert await found(search, "hallo", german, english) == []
        assert await found(search, "hallo", label("language", "fr")) == []
        with pytest.raises(Invalid):
            parse(german.replace("language", "").replace("de", ""))
        assert await found(search, f"hallo {german}") == []

    async def test_bounds_are_left_out(self, search: SearchIndex) -> None:
        await search.put_posts([document(n, "hello") for n in range(1, 8)])
        query = asked("hello", above=2, below=6)
        assert await search.newest_posts(query, limit=10) == [5, 4, 3]
        best = await search.best_posts(query, limit=10)
        assert [hit.post_id for hit in best] == [5, 4, 3]
        assert await search.newest_posts(asked("hello", above=5, below=6), limit=10) == []

    async def test_a_later_document_takes_the_place_of_the_first(self, search: SearchIndex) -> None:
        old, new = document(1, "old words", label("tag", "a")), document(1, "new words", label("tag", "b"))
        await search.put_posts([old])
        for _ in range(2):
            await search.put_posts([new])
        assert await found(search, "old") == []
        assert await found(search, "new words", label("tag", "a")) == []
        assert await found(search, "new words", label("tag", "b")) == [1]
        await search.put_posts([new, old])
        assert await found(search, "old words") == [1]

    async def test_what_is_removed_is_not_found(self, search: SearchIndex) -> None:
        await search.put_posts([document(n, "hello", author_id=ADA if n < 3 else BOB) for n in range(1, 5)])
        for _ in range(2):
            await search.remove_posts([PostId(4), PostId(99)])
        assert await found(search, "hello") == [3, 2, 1]
        for _ in range(2):
            await search.remove_posts_of(ADA)
        assert await found(search, "hello") == [3]
        await search.put_posts([document(1, "hello again")])
        assert await found(search, "hello") == [3, 1]
        await search.put_posts([])
        await search.remove_posts([])

    async def test_simultaneous_writes_of_the_same_posts_all_end(self, search: SearchIndex) -> None:
        forwards = [document(n, "hello") for n in range(1, 30)]
        await asyncio.gather(
            *(search.put_posts(batch) for batch in (forwards, forwards[::-1]) * 4),
            *(
                search.put_users([user(n, "ada") for n in order])
                for order in (range(1, 30), range(29, 0, -1))
                for _ in "ab"
            ),
        )
        assert len(await found(search, "hello")) == 29

    async def test_a_text_longer_than_an_index_takes_is_found_by_its_beginning(self, search: SearchIndex) -> None:
        many = " ".join(f"word{n}" for n in range(INDEXED_MAX + 5))
        await search.put_posts(
            [
                document(1, many),
                document(2, "ha " * 3 * REPEATS_MAX + "end of it"),
                document(3, "x" * 10 * WORD_LENGTH),
                document(4, "東" * 5_000),
            ]
        )
        assert await found(search, f'"word{INDEXED_MAX - 2} word{INDEXED_MAX - 1}"') == [1]
        assert await found(search, f"word{INDEXED_MAX}") == []
        assert await found(search, '"ha ha ha"') == [2]
        assert await found(search, '"ha end of it"') == []
        assert await found(search, '"end of it"') == [2]
        assert await found(search, "x" * 9 * 20) == [3]
        assert await found(search, "東" * 20) == [4]

    async def test_more_of_a_word_in_a_text_as_long_is_better(self, search: SearchIndex) -> None:
        await search.put_posts([document(1, "fox fox fox and hen"), document(2, "fox and hen and hare")])
        hits = await search.best_posts(asked("fox"), limit=10)
        assert [hit.post_id for hit in hits] == [1, 2]
        assert hits[0].score > hits[1].score

    async def test_words_close_together_are_better(self, search: SearchIndex) -> None:
        near, far = "red fox one two three four five six", "red one two three four five six fox"
        await search.put_posts([document(1, near), document(2, far)])
        assert [hit.post_id for hit in (await search.best_posts(asked("red fox"), limit=10))] == [1, 2]

    async def test_equals_come_newest_first(self, search: SearchIndex) -> None:
        await search.put_posts([document(n, "same words") for n in (3, 1, 4, 2)])
        assert [hit.post_id for hit in (await search.best_posts(asked("same"), limit=10))] == [4, 3, 2, 1]

    async def test_pages_of_the_best_hold_while_others_write(self, search: SearchIndex) -> None:
        texts = ["fox " * (1 + n % 5) + "and hens " * (n % 3) for n in range(40)]
        await search.put_posts([document(n + 1, text) for n, text in enumerate(texts)])
        paged = list(await search.best_posts(asked("fox", below=41), limit=7))
        whole = await search.best_posts(asked("fox"), limit=100)
        assert len(whole) == 40
        written = 100
        while True:
            written += 1
            await search.put_posts([document(written, "fox " * 9)])
            page = await search.best_posts(asked("fox", below=41), limit=7, after=paged[-1])
            paged += page
            if len(page) < 7:
                break
        assert paged == whole
        assert await search.best_posts(asked("fox", below=41), limit=7, after=PostHit(PostId(1), 0)) == []

    async def test_relevance_is_the_order_of_the_newest_matches(self, search: SearchIndex) -> None:
        old = document(1, "fox fox fox")
        await search.put_posts([old, *(document(n, "one fox among many hens") for n in range(2, RANKED + 1))])
        assert (await search.best_posts(asked("fox"), limit=1))[0].post_id == 1
        await search.put_posts([document(RANKED + 1, "one fox among many hens")])
        assert (await search.best_posts(asked("fox"), limit=1))[0].post_id == RANKED + 1

    async def test_rare_and_common_words_are_found_however_old(self, search: SearchIndex) -> None:
        """More posts than any index looks at before it thinks of another way."""
        await search.put_posts(
            [
                document(n, f"common {'half' if n % 2 else ''} {'rare' if n % 2_000 == 7 else ''}")
                for n in range(1, 6_001)
            ]
        )
        assert await search.newest_posts(asked("rare"), limit=10) == [4_007, 2_007, 7]
        assert await search.newest_posts(asked("common rare"), limit=2) == [4_007, 2_007]
        assert await search.newest_posts(asked("half common"), limit=3) == [5_999, 5_997, 5_995]
        best = await search.best_posts(asked("common half"), limit=1_000)
        assert {hit.post_id for hit in best} == {n for n in range(1, 6_001) if n % 2 and n > 6_000 - 2 * RANKED}

    @pytest.mark.parametrize("text", HOSTILE)
    async def test_the_syntax_of_databases_means_nothing(self, search: SearchIndex, text: str) -> None:
        await search.put_posts(
            [document(1, "foo"), document(2, "bar"), document(3, "foo bar"), document(4, "or not near")]
        )
        try:
            query = PostQuery(parse(text))
        except Invalid:
            return
        expected = [n for n, said in ((3, "foo bar"), (2, "bar"), (1, "foo")) if matches(query.query, indexed(said))]
        assert await search.newest_posts(query, limit=10) == expected
        assert await search.users(parse_name(text), limit=10) == []

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(texts=st.lists(_TEXTS, min_size=1, max_size=6), queries=st.lists(_TEXTS, min_size=1, max_size=6))
    async def test_it_finds_what_the_domain_says_that_matches(
        self, search: SearchIndex, texts: Sequence[str], queries: Sequence[str]
    ) -> None:
        await search.remove_posts_of(ADA)
        documents = [document(n, text) for n, text in enumerate(texts, start=1)]
        await search.put_posts(documents)
        for text in queries:
            try:
                query = parse(text)
            except Invalid:
                continue
            expected = [one.post_id for one in reversed(documents) if matches(query, one.words)]
            assert await search.newest_posts(PostQuery(query), limit=100) == expected, text
            best = await search.best_posts(PostQuery(query), limit=100)
            assert sorted(hit.post_id for hit in best) == sorted(expected), text


def user(user_id: int, *names: str, has_posts: bool = True) -> UserDocument:
    return UserDocument(UserId(user_id), name_words(*names), has_posts)


async def named(search: SearchIndex, text: str) -> list[int]:
    return [hit.user_id for hit in await search.users(parse_name(text), limit=50)]


class SearchUsersContract:
    """Fixture: `search`, fresh and empty for each test."""

    async def test_people_are_found_by_any_of_their_names(self, search: SearchIndex) -> None:
        await search.put_users([user(1, "ada_l", "Ada", "Lovelace"), user(2, "grace", "Grace", "Hopper")])
        for text in ("ada", "@ada_l", "LOVELACE", "lovelace ada", "love", "ad"):
            assert await named(search, text) == [1], text
        assert await named(search, "grace lovelace") == []
        assert await named(search, "charles") == []

    @pytest.mark.parametrize(
        ("typed", "name"),
        [
            ("micheal", "michael"),
            ("jhon", "john"),
            ("jonh", "john"),
            ("lovelase", "lovelace"),
            ("katherine", "catherine"),
            ("bjorn", "Björn"),
            ("anna", "ana"),
            ("山田", "山田太郎"),
            ("сергеи", "Сергей"),
            ("stephenson", "stevenson"),
        ],
    )
    async def test_slips_are_forgiven(self, search: SearchIndex, typed: str, name: str) -> None:
        others = ["wolfgang", "priya", "Okonkwo", "佐藤"]
        await search.put_users([user(n, other) for n, other in enumerate([*others, name], start=1)])
        assert (await named(search, typed))[:1] == [5]

    async def test_the_best_come_first_then_the_oldest(self, search: SearchIndex) -> None:
        await search.put_users([user(1, "marianne"), user(2, "mario"), user(4, "maria"), user(3, "maria")])
        hits = await search.users(parse_name("maria"), limit=10)
        assert [hit.user_id for hit in hits] == [3, 4, 1, 2]
        assert [hit.score for hit in hits] == [
            likeness(["maria"], [name]) for name in ("maria", "maria", "marianne", "mario")
        ]

    async def test_pages_go_on_behind_a_hit(self, search: SearchIndex) -> None:
        await search.put_users([user(n, f"maria_{n}", "Maria" if n % 2 else "Mariana") for n in range(1, 12)])
        whole = await search.users(parse_name("maria"), limit=50)
        assert len(whole) == 11
        paged: list[UserHit] = []
        while page := await search.users(parse_name("maria"), limit=4, after=paged[-1] if paged else None):
            paged += page
        assert paged == whole

    async def test_a_later_document_takes_the_place_of_the_first_by_name(self, search: SearchIndex) -> None:
        await search.put_users([user(1, "ada"), user(2, "bob", has_posts=False)])
        for _ in range(2):
            await search.put_users([user(1, "grace", has_posts=False)])
        assert await named(search, "ada") == []
        assert await named(search, "grace") == [1]
        known = await search.users_by_ids([UserId(1), UserId(2), UserId(3)])
        assert known == {1: user(1, "grace", has_posts=False), 2: user(2, "bob", has_posts=False)}
        for _ in range(2):
            await search.remove_users([UserId(1), UserId(9)])
        assert await named(search, "grace") == []
        assert await search.users_by_ids([UserId(1)]) == {}
        await search.put_users([])
        await search.remove_users([])

    async def test_an_exact_name_is_found_among_very_many_that_are_like_it(self, search: SearchIndex) -> None:
        await search.put_users([user(n, f"marianne{n}", "Marian") for n in range(1, 900)] + [user(900, "mari", "X")])
        assert (await named(search, "mari"))[0] == 900

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=_TEXTS)
    async def test_no_name_is_too_odd_to_look_for(self, search: SearchIndex, text: str) -> None:
        await search.put_users([user(1, "ab", "bc"), user(2, "東京")])
        try:
            wanted = parse_name(text)
        except Invalid:
            return
        for hit in await search.users(wanted, limit=10):
            assert hit.score == likeness(wanted, (await search.users_by_ids([hit.user_id]))[hit.user_id].names)
