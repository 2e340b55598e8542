"""Tags by UAX #31 (UAX31-D2, joiners by section 2.3); keys by Unicode's D146 and NFKC_Casefold; links by section 6.9 of
GitHub Flavored Markdown, and stricter.
"""

import sys
import unicodedata
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from types import FrameType
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from socialfeed.domain import markup
from socialfeed.domain.markup import REL, Kind, Segment, mentioned, segments, tag_key, tags

hostile = st.text(
    st.one_of(
        st.sampled_from("#＃﹟@:/.()[]<>&\"' \n\tahtps_1é😀日\u0301\u200c\u200d\u202e\u2066\0\ud800"), st.characters()
    ),
    max_size=80,
)
pieces = st.lists(
    st.one_of(
        hostile, st.sampled_from(["https://e.org/", "http://", "#tag", "@ada", "javascript:", "<script>", "a@b.org"])
    ),
    max_size=12,
).map("".join)


def html(content: str) -> str:
    return markup.html(content, tag_url=lambda key: f"/tags/{key}", user_url=lambda name: f"/@{name}")


def links(content: str) -> list[str]:
    return [segment.value for segment in segments(content) if segment.kind is Kind.LINK]


def test_a_text_is_cut_where_its_meaning_changes() -> None:
    assert segments("Hi @Ada, see https://example.org/a?b=c#d! #Python") == [
        Segment(Kind.TEXT, "Hi ", "Hi "),
        Segment(Kind.MENTION, "@Ada", "ada"),
        Segment(Kind.TEXT, ", see ", ", see "),
        Segment(Kind.LINK, "https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        Segment(Kind.TEXT, "! ", "! "),
        Segment(Kind.HASHTAG, "#Python", "python"),
    ]


def test_a_text_without_anything_is_one_segment_and_no_text_is_none() -> None:
    assert segments("Nothing here.") == [Segment(Kind.TEXT, "Nothing here.", "Nothing here.")]
    assert segments("") == []


class TestTags:
    @pytest.mark.parametrize(
        ("content", "key"),
        [
            ("#Python", "python"),
            ("#snake_case_2", "snake_case_2"),
            ("#1st", "1st"),
            ("#日本語", "日本語"),
            ("＃日本語", "日本語"),
            ("﹟tag", "tag"),
            ("#한국어", "한국어"),
            ("#Ελλάδα", "ελλάδα"),
            ("#СТРАНА", "страна"),
            ("#Straße", "strasse"),
            ("#ＦＵＬＬ１２", "full12"),
            ("#col·lecció", "col·lecció"),
            ("#हिन्दी", "हिन्दी"),  # vowel signs and a virama
            ("#தமிழ்", "தமிழ்"),
            ("#ไทยแลนด์", unicodedata.normalize("NFKC", "ไทยแลนด์")),
            ("#עִבְרִית", unicodedata.normalize("NFKC", "עִבְרִית")),
            ("#e\u0323\u0308", unicodedata.normalize("NFKC", "ẹ\u0308")),
            ("#می\u200cخواهم", "میخواهم"),  # ZWNJ between joining letters (2.3, A1)
            ("#क्\u200dष", "क्ष"),  # ZWJ after a virama (B)
            ("#अवन्\u200d", "अवन्"),  # at the end, too
            ("#ಕ್\u200cಷ", "ಕ್ಷ"),  # ZWNJ after a virama, before a letter (A2)
            ("#র\u200d্যাব", "র্যাব"),  # ZWJ before a virama, as Bengali writes ya-phalaa
        ],
    )
    def test_a_tag_is_written_in_any_script(self, content: str, key: str) -> None:
        assert segments(content) == [Segment(Kind.HASHTAG, content, key)]

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            ("(#tag)", "#tag"),
            ("«#tag»", "#tag"),
            ("#tag.", "#tag"),
            ("#tag's", "#tag"),
            ("#tag-ged", "#tag"),
            ("#C++", "#C"),
            ("#tag😀", "#tag"),
            ("❤️#tag", "#tag"),  # a mark on an emoji is no letter
            ("…#tag…", "#tag"),
            ("#ab\u200dc", "#ab"),  # a joiner that joins nothing
            ("#ab\u200cc", "#ab"),
            ("#می\u200c", "#می"),
            ("#a\u202eb", "#a"),
            ("#日本。", "#日本"),
            ("#one#two", "#one"),
        ],
    )
    def test_a_tag_ends_with_its_word(self, content: str, text: str) -> None:
        assert [segment.text for segment in segments(content) if segment.kind is Kind.HASHTAG] == [text]

    @pytest.mark.parametrize(
        "content",
        [
            *("#", "# tag", "##tag", "#＃tag", "#1", "#2026", "#１２３", "#٣", "#_", "#1_000", "#😀", "#️⃣", "#\u0301a"),
            *("#\u3164", "#\u115f\ufe0f", "#\u200dab", "C#sharp", "日本語#タグ", "é#a", "e\u0301#a", "a_#b"),
            *("&#xA9;", "&#169;", "/#/route", "example.org/#top", "example.org/a#top", "?a=#b", "@#tag", "#-tag"),
        ],
    )
    def test_what_is_no_tag_is_text(self, content: str) -> None:
        assert [segment.kind for segment in segments(content)] == [Kind.TEXT]

    def test_a_tag_has_at_most_100_characters_as_written_and_as_compared(self) -> None:
        assert tags("#" + "x" * 100) == ("x" * 100,)
        assert tags("#" + "x" * 101) == ()
        assert len("ß" * 51) <= 100 < len("ß".casefold() * 51)
        assert tags("#" + "ß" * 51) == ()

    def test_tags_are_counted_once_however_they_are_written(self) -> None:
        assert tags("#Tag #TAG #other ＃ｔａｇ #tag") == ("tag", "other")

    def test_the_first_30_tags_count_and_the_rest_are_only_linked(self) -> None:
        content = "".join(f"#t{n} " for n in range(40)) + "#t0"

        assert tags(content) == tuple(f"t{n}" for n in range(30))
        assert html(content).count("<a ") == 41

    def test_a_key_is_its_own_key_for_every_character_of_unicode(self) -> None:
        for code in range(sys.maxunicode + 1):
            key = tag_key(chr(code))
            assert tag_key(key) == key, hex(code)

    @given(st.text(max_size=30))
    def test_a_key_is_its_own_key(self, name: str) -> None:
        assert tag_key(tag_key(name)) == tag_key(name)

    @given(st.text(max_size=30))
    def test_forms_that_unicode_calls_compatible_have_one_key(self, name: str) -> None:
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            assert tag_key(unicodedata.normalize(form, name)) == tag_key(name)

    @given(st.text(max_size=30))
    def test_a_key_that_stands_in_a_text_is_found_again(self, name: str) -> None:
        for key in tags(f"#{name}"):
            assert tags(f"#{key}") == (key,)


class TestMentions:
    @pytest.mark.parametrize(
        "content",
        [
            *("@Ada", "(@ada)", "@ada:", "@ada's", ".@ada", "thanks...@ada", '"@ada"', "@ada.", "@ada-style", "😀@ada"),
            *("@adaさん", "❤️@ada", "\n@ada\n", "@ada/@bob", "@ada.é", "@ada…"),
        ],
    )
    def test_a_name_after_an_at_sign_is_mentioned(self, content: str) -> None:
        assert mentioned(content) == ("ada",)

    @pytest.mark.parametrize(
        "content",
        [
            *(
                "@",
                "@ab",
                "@" + "x" * 31,
                "@аda",
                "@@ada",
                "@ada@example.org",
                "a@ada",
                "é@ada",
                "日本@ada",
                "e\u0301@ada",
            ),
            *("ada@example.org", "ada+feed@example", "ada-@example", "o'ada@example", "mailto:ada@ada", "@ada.example"),
            *("@adaé", "@ada\u0301", "@ada٣", "@adaс", "example.org/@ada", "#@ada", "&@ada", "=@ada", "＠ada"),
        ],
    )
    def test_what_is_no_mention_is_text(self, content: str) -> None:
        assert [segment.kind for segment in segments(content)] == [Kind.TEXT]

    def test_everybody_is_mentioned_once_and_in_order(self) -> None:
        assert mentioned("@Bob @ada @BOB") == ("bob", "ada")

    def test_the_first_50_count(self) -> None:
        assert mentioned(" ".join(f"@user{n}" for n in range(60))) == tuple(f"user{n}" for n in range(50))


class TestLinks:
    @pytest.mark.parametrize(
        ("content", "url"),
        [
            ("https://example.org", "https://example.org"),
            ("HTTP://EXAMPLE.ORG/A", "HTTP://EXAMPLE.ORG/A"),
            ("https://example.org.", "https://example.org"),
            ("https://example.org/a?!", "https://example.org/a"),
            ("(https://example.org/a)", "https://example.org/a"),
            ("(https://example.org/a), and", "https://example.org/a"),
            ("https://example.org/a_(b)", "https://example.org/a_(b)"),
            ("(https://example.org/a_(b))", "https://example.org/a_(b)"),
            ("https://example.org/a(b", "https://example.org/a"),
            ("https://example.org/a(b]c", "https://example.org/a"),
            ("https://example.org/[a].", "https://example.org/[a]"),
            ("[https://example.org/a]", "https://example.org/a"),
            ("<https://example.org/a>", "https://example.org/a"),
            ('"https://example.org/a"', "https://example.org/a"),
            ("‘https://example.org/a’", "https://example.org/a"),
            ("**https://example.org/a**", "https://example.org/a"),
            ("https://example.org/#top", "https://example.org/#top"),
            ("https://example.org/@ada", "https://example.org/@ada"),
            ("http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080/"),
            ("見てhttps://example.org/日本。", "https://example.org/日本"),
            ("（https://example.org/）", "https://example.org/"),
            ("❤️https://example.org/", "https://example.org/"),
            ("https://example.org/\u202egpj.exe", "https://example.org/"),
            ("https://example.org/a\u200bb", "https://example.org/a"),
        ],
    )
    def test_an_address_is_a_link_without_what_stands_around_it(self, content: str, url: str) -> None:
        assert links(content) == [url]

    @pytest.mark.parametrize(
        "content",
        [
            *("http://", "https://.", "https:///a", "https://user@example.org/", "https://user:word@example.org/#a"),
            *("https://example.org:99999/", "https://[::1", "xhttps://example.org", "svn+https://example.org"),
            *(
                "javascript:alert(1)",
                "JavaScript:alert('a')",
                "data:text/html,a",
                "ftp://example.org/a",
                "//example.org",
            ),
            *("vbscript:a", "file:///etc/passwd", "https:example.org", "https://" + "x" * 2_050, "example.org"),
        ],
    )
    def test_what_is_no_link_is_text(self, content: str) -> None:
        assert [segment.kind for segment in segments(content)] == [Kind.TEXT]

    def test_nothing_within_an_address_begins_anew(self) -> None:
        assert [segment.kind for segment in segments("https://e.org/#a/@ada?http://b.org&#c")] == [Kind.LINK]
        assert [segment.kind for segment in segments("https://u@e.org/#a,@ada,#b")] == [Kind.TEXT]

    def test_what_follows_an_address_may_begin_anew(self) -> None:
        assert [s.text for s in segments("(https://e.org/a)#b @ada") if s.kind is not Kind.TEXT] == [
            "https://e.org/a",
            "#b",
            "@ada",
        ]


class Tags(HTMLParser):
    """The tags, their attributes and the text of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.opened: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.said = ""
        self.other = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.opened.append((tag, dict(attributes)))
        self.said += "\n" if tag == "br" else ""
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert self.open, "text stands in a paragraph"
        self.said += data

    def handle_comment(self, data: str) -> None:
        self.other += 1

    def handle_decl(self, decl: str) -> None:
        self.other += 1

    def handle_pi(self, data: str) -> None:
        self.other += 1

    def unknown_decl(self, data: str) -> None:
        self.other += 1


class TestHtml:
    def test_segments_become_links_and_lines_become_paragraphs(self) -> None:
        assert html("Hi @Ada\n#Tag & <b>\n\n \nhttps://e.org/?a=1&b='2'") == (
            f'<p dir="auto">Hi <a href="/@ada" rel="{REL}">@Ada</a>'
            f'<br><a href="/tags/tag" rel="{REL}">#Tag</a> &amp; &lt;b&gt;</p>'
            f'<p dir="auto"><a href="https://e.org/?a=1&amp;b=&#x27;2" rel="{REL}">https://e.org/?a=1&amp;b=&#x27;2</a>'
            "&#x27;</p>"
        )
        assert html("") == html("\n \n") == ""

    def test_addresses_that_are_given_are_escaped_too(self) -> None:
        given = markup.html("#a", tag_url=lambda _: '/"><script>', user_url=str)

        assert given == f'<p dir="auto"><a href="/&quot;&gt;&lt;script&gt;" rel="{REL}">#a</a></p>'

    @pytest.mark.parametrize("control", [*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", *"\u206a\u206f"])
    def test_41_characters_that_reorder_others_are_left_out(self, control: str) -> None:
        assert html(f"a{control}b") == '<p dir="auto">ab</p>'

    @pytest.mark.parametrize("mark", "\u200e\u200f\u061c")
    def test_41_marks_of_direction_stay(self, mark: str) -> None:
        assert html(f"a{mark}b") == f'<p dir="auto">a{mark}b</p>'

    @given(pieces)
    def test_41_nothing_but_our_own_tags_comes_out_whatever_goes_in(self, content: str) -> None:
        found = Tags(html(content))

        assert found.open == []
        assert found.other == 0
        for tag, attributes in found.opened:
            assert (tag, set(attributes)) in [("p", {"dir"}), ("br", set()), ("a", {"href", "rel"})]
            if tag == "a":
                href = attributes["href"] or ""
                assert href.startswith(("/tags/", "/@")) or href.lower().startswith(("http://", "https://"))
                assert attributes["rel"] == REL
            assert attributes.get("dir", "auto") == "auto"

    @given(pieces)
    def test_41_what_was_written_is_what_is_read(self, content: str) -> None:
        """But for what is not shown, and blank lines."""
        shown = "".join(
            c for c in content if unicodedata.category(c) not in ("Cc", "Cs") or (c in "\n\t" and c.isspace())
        ).translate(dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x2070)]))
        lines = [line for line in shown.split("\n") if line.strip()]

        assert Tags(html(content).replace("</p><p", "<br></p><p")).said == "\n".join(lines)

    @given(pieces)
    def test_41_html_can_be_sent_and_holds_no_control_character(self, content: str) -> None:
        assert not {c for c in unescape(html(content).encode().decode()) if c < " "} - {"\t"}


@given(pieces)
def test_the_texts_of_the_segments_are_the_content(content: str) -> None:
    found = segments(content)

    assert "".join(segment.text for segment in found) == content
    assert all(segment.text for segment in found)
    assert all(one.kind is not Kind.TEXT or other.kind is not Kind.TEXT for one, other in pairwise(found))


@given(pieces)
def test_the_bounds_hold_whatever_is_written(content: str) -> None:
    assert all(0 < len(key) <= markup.TAG_MAX and tag_key(key) == key for key in tags(content))
    assert all(3 <= len(name) <= 30 and name.isascii() and name == name.lower() for name in mentioned(content))
    for url in links(content):
        assert url.lower().startswith(("http://", "https://"))
        assert not set(url) & set(" \n<>\"'") - {"'"}


def steps(call: Callable[[], object]) -> int:
    """Lines of the module that the call runs through: a measure that no other load of the machine can change."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace if frame.f_code.co_filename == markup.__file__ else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "#",
            "#a",
            "#a#",
            "#\u0301",
            "\u0301",
            "\u200d",
            "#क्\u200d",
            "#می\u200c",
            "@",
            "@ada",
            "@a@",
            "_@",
            "x",
            "(",
            ")",
        ),
        *(
            "http://",
            "https://a",
            "https://a(",
            "https://a)",
            "https://a([)",
            "https://a.",
            "https://u@a",
            "https://a(",
        ),
        *(
            "https://a.....",
            "https://a(b)",
            "https://a\u202e",
            "https://[",
            "<",
            "&",
            " \n",
            "\n ",
            "\u202e",
            "😀\ufe0f#",
        ),
    ],
)
def test_twice_the_text_takes_twice_the_steps(piece: str) -> None:
    half, whole = (piece * (n // len(piece)) for n in (2_500, 5_000))

    assert steps(lambda: html(whole)) <= 2.1 * steps(lambda: html(half)) + 100
    assert steps(lambda: html(whole)) <= 60 * len(whole)
