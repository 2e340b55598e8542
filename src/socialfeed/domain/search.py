"""Searching: how text becomes words, and what a query means.

Every index holds words made here and nothing else, so the same query finds the same posts in each. Words are folded:
compatibility forms, case and accents count for nothing. Scripts that put no spaces between words (Chinese, Japanese,
Korean, Thai and their like) are indexed by pairs of neighbouring characters, the last character by itself: these are
Lucene's CJK bigrams, but every character begins a word, so that one alone can be found as a prefix.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from socialfeed.domain.errors import Invalid

QUERY_MAX = 256
"""Characters in a query."""

WORDS_MAX = 32
"""Words in a query, all phrases together; where characters are words, pairs of them."""

PREFIX_MIN = 2
"""The shortest beginning of a word that is looked for; where characters are words one is enough."""

WORD_LENGTH = 64
"""Longer words are cut, in texts as in queries."""

LABEL_LENGTH = 200
"""The same of what is indexed besides words. Postgres takes 2,046 bytes."""

REPEATS_MAX = 200
"""So many places of one word in a text are indexed: Postgres keeps no more than 255."""

INDEXED_MAX = 10_000
"""So many words of a text are indexed: Postgres counts no further than 16,383."""

MARK = "\u00b7"
"""In no word: what it begins in an index was not typed by anybody."""

# Accents, the vowel points of Hebrew and Arabic, and what only says how to draw or to break a word. The vowel signs of
# Indian scripts are letters, not accents.
_STRIPPED = re.compile(
    "[\u00ad\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0640\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u200b-\u200d\u2060\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]+"
)
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"})
"""Strokes and ligatures that Unicode does not take apart."""

# Thai, Lao, Burmese, Khmer; Hangul, kana, Han, the half-width forms of both kana and Hangul.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3005-\u3007\u3031-\u3035\u3040-\u30ff\u3105-\u318f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_OF_UNSPACED = re.compile(f"[{_UNSPACED}]")
_SCRIPT_RUNS = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_LETTER_RUNS = re.compile(r"[^\W_]+")
_ASCII_RUNS = re.compile(r"[a-z0-9]+")
_BREAKS_NO_WORD = "\u00ad\u200c\u200d\u2060"
_VOICED = "\uff9e\uff9f"
"""Half-width marks of sound: letters to Unicode, but part of the kana before."""

_TERMS = re.compile(r'(?P<sign>-?)(?:"(?P<phrase>[^"]*)(?:"|$)(?P<star>\*?)|(?P<plain>[^\s"]+))')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"') | {"＊": "*", "－": "-"})


class Word(NamedTuple):
    """A word of a text, folded, and where the text has it."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words one after the other; the last of them stands for all that begin like it where `is_prefix`."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What has to be in a text, which is something, and what must not be."""

    wanted: tuple[Phrase, ...]
    unwanted: tuple[Phrase, ...] = ()


def parse(text: str) -> Query:
    """Words, all of which are wanted; "phrases"; beginnings*; and -what is -"not wanted".

    A word that is more than one to the index (`don't`, `#some_tag`) is a phrase. Raises `Invalid` naming the field
    `query`: NOTHING_TO_SEARCH, TOO_LONG, PREFIX_TOO_SHORT.
    """
    if len(text) > QUERY_MAX:
        raise Invalid(f"At most {QUERY_MAX} characters, please.", code="TOO_LONG", field="query")
    wanted: list[Phrase] = []
    unwanted: list[Phrase] = []
    for term in _TERMS.finditer(unicodedata.normalize("NFC", text).translate(_QUOTES)):
        said = term["plain"] or term["phrase"] or ""
        if phrase := _phrase(said, has_star=bool(term["star"]) or said.endswith("*")):
            (unwanted if term["sign"] else wanted).append(phrase)
    if not wanted:
        raise Invalid("Say at least one word to look for.", code="NOTHING_TO_SEARCH", field="query")
    query = Query(tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(unwanted)))
    if sum(len(phrase.words) for phrase in (*query.wanted, *query.unwanted)) > WORDS_MAX:
        raise Invalid(f"At most {WORDS_MAX} words, please.", code="TOO_LONG", field="query")
    return query


def fold(text: str) -> str:
    """As texts are compared: without compatibility forms, case and accents."""
    if text.isascii():
        return text.lower()
    # Case folding may leave something to take apart, and taking apart something to fold.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).casefold()
    bare = _STRIPPED.sub("", unicodedata.normalize("NFKD", apart)).translate(_LETTERS)
    return unicodedata.normalize("NFC", bare)


def words(text: str) -> Iterator[Word]:
    """The words of a text, in order."""
    if text.isascii():
        # The same in a fifth of the time.
        for word in _ASCII_RUNS.finditer(text.lower()):
            yield Word(word[0][:WORD_LENGTH], word.start(), word.end())
        return
    for start, end in _spans(text):
        for run in _SCRIPT_RUNS.finditer(text, start, end):
            if _OF_UNSPACED.match(run[0]):
                yield from _pairs(text, *run.span())
            else:
                yield from _folded(text, *run.span())


def indexed(text: str) -> list[str]:
    """The words that indexes keep of a text, each at its place; `MARK` stands where one is not kept."""
    seen: dict[str, int] = {}
    kept: list[str] = []
    for word, _, _ in words(text):
        times = seen[word] = seen.get(word, 0) + 1
        kept.append(word if times <= REPEATS_MAX else MARK)
        if len(kept) == INDEXED_MAX:
            break
    return kept


def letters(text: str) -> Iterator[str]:
    """The words of a name: as `words`, but whole in every script."""
    for start, end in _spans(text):
        for word, _, _ in _folded(text, start, end):
            yield word


def label(kind: str, value: object = "") -> str:
    """What is indexed of a post besides its words, to filter by. It is a word to an index, but to no query."""
    name = "".join(character if character.isalnum() else MARK for character in fold(str(value)))
    return f"{MARK}{kind}{MARK}{name[:LABEL_LENGTH]}"


def is_unspaced(word: str) -> bool:
    return _OF_UNSPACED.match(word) is not None


def _phrase(said: str, *, has_star: bool) -> Phrase | None:
    found = list(words(said))
    if not found:
        return None
    last, is_prefix = found[-1], has_star
    if is_unspaced(last.text):
        if len(found) > 1 and found[-2].start < last.start < found[-2].end:
            # The pair before has it already; by itself it would only be found where the text goes on differently.
            found.pop()
        else:
            is_prefix = True
    elif is_prefix and len(last.text) < PREFIX_MIN:
        raise Invalid(f"At least {PREFIX_MIN} letters before *, please.", code="PREFIX_TOO_SHORT", field="query")
    return Phrase(tuple(word.text for word in found), is_prefix)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where letters and digits follow each other; marks belong to the letter before them."""
    start = end = 0
    for run in _LETTER_RUNS.finditer(text):
        if run.start() > end or end == 0:
            if end > start:
                yield start, end
            start = run.start()
        end = run.end()
        while end < len(text) and (unicodedata.category(text[end])[0] == "M" or text[end] in _BREAKS_NO_WORD):
            end += 1
    if end > start:
        yield start, end


def _folded(text: str, start: int, end: int) -> Iterator[Word]:
    whole = fold(text[start:end])
    for first, last in _spans(whole):
        yield Word(whole[first:last][:WORD_LENGTH], start, end)


def _pairs(text: str, start: int, end: int) -> Iterator[Word]:
    """Each character with the next one, and the last one by itself."""
    starts = [
        place
        for place in range(start, end)
        if place == start or not (unicodedata.category(text[place])[0] == "M" or text[place] in _VOICED)
    ]
    ends = [*starts[1:], end]
    characters = [fold(text[first:last]) for first, last in zip(starts, ends, strict=True)]
    for place, character in enumerate(characters):
        if place + 1 < len(characters):
            yield Word((character + characters[place + 1])[:WORD_LENGTH], starts[place], ends[place + 1])
        else:
            yield Word(character[:WORD_LENGTH], starts[place], ends[place])
