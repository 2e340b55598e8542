import unicodedata

import hypothesis.strategies as st
import pytest
from hypothesis import given

from socialfeed.domain.errors import Invalid
from socialfeed.domain.text import DEFAULT_LOCALE, clean, clean_email, clean_locale, clean_url, clean_username

anything = st.text(st.characters(), max_size=80)


@given(anything, st.booleans())
def test_cleaned_text_is_normal_stripped_encodable_and_within_bounds(value: str, lines: bool) -> None:
    try:
        text = clean(value, "bio", minimum=1, maximum=40, lines=lines)
    except Invalid:
        return
    assert 1 <= len(text) <= 40
    assert text == text.strip() == unicodedata.normalize("NFC", text)
    assert not {char for char in text if unicodedata.category(char) == "Cc"} - (set("\n\t") if lines else set())
    assert text.encode()


@given(anything)
def test_cleaning_again_changes_nothing(value: str) -> None:
    try:
        text = clean(value, "bio", maximum=80, lines=True)
    except Invalid:
        return
    assert clean(text, "bio", maximum=80, lines=True) == text


def test_text_is_composed_before_it_is_counted() -> None:
    assert clean("e\u0301" * 5, "name", maximum=5) == "é" * 5


@pytest.mark.parametrize("bad", ["a\0b", "a\x1bb", "a\x7fb", "a\x85b", "a\ud800b", "a\rb"])
@pytest.mark.parametrize("lines", [False, True])
def test_control_characters_and_lone_surrogates_are_refused(bad: str, lines: bool) -> None:
    with pytest.raises(Invalid) as refused:
        clean(bad, "content", maximum=10, lines=lines)
    assert (refused.value.code, refused.value.field) == ("INVALID_CHARACTER", "content")


def test_line_feeds_and_tabs_pass_only_where_lines_do() -> None:
    assert clean("a\r\nb\tc\nd", "content", maximum=10, lines=True) == "a\nb\tc\nd"
    for text in ("a\nb", "a\tb"):
        with pytest.raises(Invalid):
            clean(text, "name", maximum=10)


@pytest.mark.parametrize(("value", "code"), [("", "TOO_SHORT"), ("  \n ", "TOO_SHORT"), ("x" * 11, "TOO_LONG")])
def test_length_is_that_of_what_remains(value: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean(value, "content", minimum=1, maximum=10, lines=True)
    assert refused.value.code == code
    assert clean(f"  {'x' * 10}  ", "content", minimum=1, maximum=10) == "x" * 10


def test_an_enormous_text_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(Invalid) as refused:
        clean("\0" * 1_000_000, "content", maximum=10)
    assert refused.value.code == "TOO_LONG"


@pytest.mark.parametrize("name", ["ada", "Ada_Lovelace", "x" * 30, "007", "___"])
def test_a_username_keeps_its_case(name: str) -> None:
    assert clean_username(name) == name


@pytest.mark.parametrize("name", ["", "ab", "x" * 31, "with space", "dash-ed", "é" * 5, "ada\n", "ada\0", "аda", "٣٣٣"])
def test_what_is_no_username_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_username(name)
    assert (refused.value.code, refused.value.field) == ("INVALID_USERNAME", "username")


@pytest.mark.parametrize(
    ("given_address", "kept"),
    [
        ("ada@example.org", "ada@example.org"),
        (" Ada.Lovelace+feed@Mail.Example.ORG ", "ada.lovelace+feed@mail.example.org"),
        ("ünï@bücher.example", "ünï@bücher.example"),
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
    ],
)
def test_an_address_is_kept_in_lower_case(given_address: str, kept: str) -> None:
    assert clean_email(given_address) == kept


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@localhost",
        "ada@example.c",
        "ada@@example.org",
        "ada@example..org",
        "ada@.org",
        "a b@example.org",
        "ada@exam ple.org",
        "ada@example.org,eve@example.org",
        "<ada@example.org>",
        "ada@example.org\r\nBcc: eve@example.org",
        f"{'a' * 65}@example.org",
        f"ada@{'x' * 64}.org",
    ],
)
def test_what_is_no_address_is_refused(value: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_email(value)
    assert refused.value.field == "email"


@pytest.mark.parametrize("locale", [DEFAULT_LOCALE, "de", "es-MX", "zh-Hant", "zh-Hant-TW", "es-419", "fil"])
def test_a_locale_is_a_language_and_maybe_a_script_and_a_region(locale: str) -> None:
    assert clean_locale(locale) == locale


@pytest.mark.parametrize(
    "locale",
    [
        *("", "e", "DE", "german", "de_DE", "de-de", "de-DEU", "de-41", "zh-hant", "zh-TW-Hant", "-DE", "de-", "*"),
        *("de\n", " de", "de-DE\0", "dé", "es-٤١٩", "de,en", "de;q=1", "../de", "de" * 1_000),
    ],
)
def test_what_is_no_locale_is_refused(locale: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_locale(locale)
    assert (refused.value.code, refused.value.field) == ("INVALID_LOCALE", "locale")


@pytest.mark.parametrize(
    "url",
    ["https://example.org/a.png", "http://example.org:8080/?q=é#f", "HTTPS://EXAMPLE.org", "http://[2001:db8::1]/"],
)
def test_an_absolute_web_address_is_kept_as_it_is(url: str) -> None:
    assert clean_url(url, "image_url") == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/a.png",
        "//example.org/a.png",
        "/a.png",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "ftp://example.org/a",
        "https://",
        "https:///a",
        "https://user@example.org/",
        "https://user:word@example.org/",
        "https://@example.org/",
        "https://example.org:99999/",
        "https://example.org:port/",
        "https://[::1",
        "https://exam ple.org/",
        "https://example.org/a b",
        "https://example.org/a\nb",
        "https://example.org/\u2028a",
        "https://example.org/" + "x" * 2_048,
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_url(url, "image_url")
    assert refused.value.field == "image_url"


def test_an_address_that_grows_in_lower_case_is_measured_after() -> None:
    with pytest.raises(Invalid) as refused:
        clean_email(f"{'İ' * 60}@{'.'.join(['İ' * 60] * 3)}.example")

    assert refused.value.code == "TOO_LONG"
