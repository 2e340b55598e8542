"""What a text names: tags, people and links; and the text as HTML.

Tags are Unicode's default hashtag identifiers (UAX #31, UAX31-D2) and not the extended ones (UAX31-R8): emoji, `-` and
`+` end them, as they do wherever people write tags. Beyond D2 a tag has a letter, and joiners where they change how a
word is written (2.3 there). Each character is looked at a bounded number of times, and no pattern takes a step back.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from socialfeed.domain.errors import Invalid
from socialfeed.domain.text import clean_url

TAG_MAX = 100
"""Characters, as it is written and as it is compared. What is longer is no tag: half of one would be another."""

TAGS_MAX = 30
MENTIONS_MAX = 50
"""The first ones of a text count; those after are linked, and nothing more."""

REL = "nofollow noopener noreferrer ugc"


class Kind(StrEnum):
    TEXT = "text"
    HASHTAG = "hashtag"
    MENTION = "mention"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Segment:
    """`text` is the part of the content as it stands there; `value` is what it means: the `tag_key` of a tag, the
    username of a mention in lower case, and else the text itself.
    """

    kind: Kind
    text: str
    value: str


_START = re.compile(r"[#\uff03\ufe5f@]|https?://", re.IGNORECASE | re.ASCII)
"""Where something may begin. No two of these overlap, and none has a choice to take back."""

_NAME = re.compile(r"[A-Za-z0-9_]+")
_NEVER_IN_LINKS = frozenset('<>"\\^`{|}「」『』【】〈〉《》（）、。，！？')
_PARTNERS = {")": "(", "]": "["}
_TRAILING = frozenset("?!.,:*_~;'…‘’“”")
"""What GitHub Flavored Markdown leaves out at the end of an address (6.9), and more quotes."""

_SCHEME = frozenset("+-.")
_NO_TAG_AFTER = frozenset("#\uff03\ufe5f@&/=")
_NO_MENTION_AFTER = frozenset("#@&/=+-%$*~^|")
"""What addresses of mails and pages are made of."""

_JOINERS = _ZWNJ, _ZWJ = "\u200c", "\u200d"
_VIRAMA = 9
"""Their canonical combining class."""

_IGNORABLE = dict.fromkeys(
    [
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x200C, 0x200D, 0x3164, 0xFFA0),
        *range(0x180B, 0x180F),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    ]
)
"""The characters without a shape (Default_Ignorable_Code_Point) that can stand in a tag."""

_REORDERING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x2070)])
"""Embeddings, overrides and isolates of the bidirectional algorithm, and the deprecated controls after them."""


def segments(content: str) -> list[Segment]:
    """The content from its beginning to its end: the texts of the segments, one after the other, are the content."""
    found: list[Segment] = []
    plain = 0
    for segment, start in _marked(content):
        if start > plain:
            found.append(_text(content[plain:start]))
        found.append(segment)
        plain = start + len(segment.text)
    if plain < len(content):
        found.append(_text(content[plain:]))
    return found


def tags(content: str) -> tuple[str, ...]:
    """The keys of the first 30 different tags, in their order."""
    return _values(content, Kind.HASHTAG, TAGS_MAX)


def mentioned(content: str) -> tuple[str, ...]:
    """The first 50 different usernames, in lower case and in their order; whether there are such accounts is unknown
    here.
    """
    return _values(content, Kind.MENTION, MENTIONS_MAX)


def clean_tag(name: str, field: str = "tag") -> str:
    """The key of a tag as somebody names it, with or without its #. Raises `Invalid` where that is no tag."""
    bare = name.strip().lstrip("#\uff03\ufe5f")
    if tags(f"#{bare}") != (tag_key(bare),):
        raise Invalid("A tag, please: letters and numbers in one word.", code="INVALID_TAG", field=field)
    return tag_key(bare)


def tag_key(name: str) -> str:
    """What a tag's name is compared by: NFKC and case folded, as a compatibility caseless match is defined (Unicode,
    D146), and without characters that have no shape (NFKC_Casefold, UAX #31 R4). A key is its own key.
    """
    folded = unicodedata.normalize("NFD", name.translate(_IGNORABLE)).casefold()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())


def html(content: str, *, tag_url: Callable[[str], str], user_url: Callable[[str], str]) -> str:
    """The content as `p`, `br` and `a`, each made here; everything else is escaped. Blank lines part paragraphs.

    `tag_url` is given a key and `user_url` a username. Characters that reorder others are left out: one that is never
    closed turns all the rest of its paragraph around, links and their addresses with it. Paragraphs find their own
    direction (`dir="auto"`) and the marks LRM, RLM and ALM stay, which is what honest right-to-left text needs.
    """
    parts: list[str] = []
    for segment in segments(content):
        shown = escape("".join(filter(_is_shown, segment.text.translate(_REORDERING))))
        match segment.kind:
            case Kind.TEXT:
                parts.append(shown)
            case Kind.HASHTAG:
                parts.append(_anchor(tag_url(segment.value), shown))
            case Kind.MENTION:
                parts.append(_anchor(user_url(segment.value), shown))
            case Kind.LINK:
                parts.append(_anchor(segment.value, shown))
    return "".join(f'<p dir="auto">{"<br>".join(lines)}</p>' for lines in _paragraphs("".join(parts)))


def _marked(content: str) -> Iterator[tuple[Segment, int]]:
    """All but plain text, with where it starts."""
    at = 0
    while (match := _START.search(content, at)) is not None:
        start = match.start()
        if match[0] == "@":
            segment, at = _mention(content, start)
        elif len(match[0]) == 1:
            segment, at = _tag(content, start)
        else:
            segment, at = _link(content, start)
        if segment is not None:
            yield segment, start


def _text(text: str) -> Segment:
    return Segment(Kind.TEXT, text, text)


def _tag(content: str, start: int) -> tuple[Segment | None, int]:
    """The tag that starts here, if any, and where to go on."""
    end = _tag_end(content, start + 1)
    name = content[start + 1 : end]
    before = _before(content, start)
    if not 0 < len(name) <= TAG_MAX or _is_mark(name[0]) or _continues(before) or before in _NO_TAG_AFTER:
        return None, end
    key = tag_key(name)
    if len(key) > TAG_MAX or not any(character.isidentifier() and character != "_" for character in key):
        return None, end
    return Segment(Kind.HASHTAG, content[start:end], key), end


def _tag_end(content: str, at: int) -> int:
    base = ""
    while at < len(content):
        character = content[at]
        if character in _JOINERS:
            if not _joins(character, base, content[at - 1], content[at + 1 : at + 2]):
                break
        elif not _continues(character):
            break
        elif not _is_mark(character):
            base = character
        at += 1
    return at


def _joins(joiner: str, base: str, before: str, after: str) -> bool:
    """Whether a joiner changes how a word is written (UAX #31, 2.3 A1, A2 and B): between letters of a script that
    joins them as Arabic does; after a virama; and, as Bengali has it, ZWJ before one. `base` is the letter before,
    whatever marks it has.
    """
    if not base:
        return False
    if unicodedata.combining(before) == _VIRAMA:
        return joiner == _ZWJ or after.isalpha()
    if joiner == _ZWJ:
        return after != "" and unicodedata.combining(after) == _VIRAMA
    return unicodedata.bidirectional(base) == "AL" and after.isalpha() and unicodedata.bidirectional(after) == "AL"


def _mention(content: str, start: int) -> tuple[Segment | None, int]:
    """The mention that starts here, if any, and where to go on. What follows in a script without case, as さん does,
    belongs to the sentence; a letter with case, a mark, a domain or another `@` makes it somebody of elsewhere.
    """
    match = _NAME.match(content, start + 1)
    if match is None:
        return None, start + 1
    name, end = match[0], match.end()
    after, then = content[end : end + 1], content[end + 1 : end + 2]
    is_ours = 3 <= len(name) <= 30 and after != "@" and not (after == "." and then.isascii() and then.isalnum())
    before = _before(content, start)
    if not is_ours or _is_of_the_word(after) or _continues(before) or before in _NO_MENTION_AFTER:
        return None, end
    return Segment(Kind.MENTION, content[start:end], name.lower()), end


def _link(content: str, start: int) -> tuple[Segment | None, int]:
    """The link that starts here, if any, and where to go on. It ends before a bracket without a partner, before what
    shows nothing, so that an address is what it looks like, and before the punctuation of the sentence around it.
    """
    at, opened = start, list[int]()
    while at < len(content) and not _ends_links(content[at]):
        if content[at] in "([":
            opened.append(at)
        elif content[at] in _PARTNERS:
            if not opened or content[opened[-1]] != _PARTNERS[content[at]]:
                break
            opened.pop()
        at += 1
    end = opened[0] if opened else at
    while content[end - 1] in _TRAILING:
        end -= 1
    url, before = content[start:end], _before(content, start)
    if _is_of_the_word(before) or before in _SCHEME:
        return None, at
    try:
        clean_url(url, "content")
    except Invalid:
        return None, at
    return Segment(Kind.LINK, url, url), at if opened else end


def _before(content: str, start: int) -> str:
    """The character before, if any. Marks are of what they stand on: a letter with one is a letter, and an emoji with
    one is none.
    """
    at = start - 1
    while at >= 0 and (_is_mark(content[at]) or content[at] in _JOINERS):
        at -= 1
    return content[at] if at >= 0 else ""


def _ends_links(character: str) -> bool:
    return character in _NEVER_IN_LINKS or character.isspace() or unicodedata.category(character)[0] == "C"


def _continues(character: str) -> bool:
    """XID_Continue, which is what Python's own names go on with."""
    return character != "" and f"a{character}".isidentifier()


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def _is_of_the_word(character: str) -> bool:
    """Beside a word of a script that has case. Others write on without a space."""
    return character != "" and unicodedata.category(character) in {"Lu", "Ll", "Lt", "Nd", "Mn", "Mc"}


def _is_shown(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}


def _anchor(url: str, shown: str) -> str:
    return f'<a href="{escape(url)}" rel="{REL}">{shown}</a>'


def _paragraphs(text: str) -> Iterator[list[str]]:
    lines: list[str] = []
    for line in text.split("\n"):
        if line.strip():
            lines.append(line)
        elif lines:
            yield lines
            lines = []
    if lines:
        yield lines


def _values(content: str, kind: Kind, most: int) -> tuple[str, ...]:
    values = dict.fromkeys(segment.value for segment, _ in _marked(content) if segment.kind is kind)
    return tuple(values)[:most]
