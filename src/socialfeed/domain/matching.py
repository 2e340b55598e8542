"""Where a query is found in a text: whether at all, how well, and which part of the text shows it best."""

from collections.abc import Iterable, Iterator, Sequence
from heapq import nlargest
from math import log
from typing import NamedTuple

from socialfeed.domain.ids import PostId
from socialfeed.domain.search import MARK, Phrase, Query, words

EXCERPT_LENGTH = 200
"""Characters of a text that an excerpt shows, as far as that can be without cutting a match."""

SCORE_MAX = 1_000_000

_SATURATION = 1.2
"""From BM25 (Robertson and others, 1994): how soon more of the same word counts for little."""

_ELLIPSIS = "…"


class Piece(NamedTuple):
    """A part of an excerpt: what was looked for, or what stands between."""

    text: str
    is_match: bool


def places(phrase: Phrase, text: Sequence[str]) -> Iterator[int]:
    """Where in the words of a text the phrase begins."""
    *head, last = phrase.words
    for place in range(len(text) - len(head)):
        end = place + len(head)
        fits = text[end].startswith(last) if phrase.is_prefix else text[end] == last
        if fits and all(text[place + n] == word for n, word in enumerate(head)):
            yield place


def matches(query: Query, text: Sequence[str]) -> bool:
    """Whether all that is wanted is among the words of a text, and nothing that is not wanted."""
    return all(_occurs(phrase, text) for phrase in query.wanted) and not any(
        _occurs(phrase, text) for phrase in query.unwanted
    )


def relevance(query: Query, text: Sequence[str]) -> int:
    """From 0 to `SCORE_MAX`, for words that match: more for what is said often, close together and in few words.

    It needs nothing but the text, so a score stays what it is while others write.
    """
    text = [word for word in text if not word.startswith(MARK)]
    found = [list(places(phrase, text)) for phrase in query.wanted]
    if not all(found):
        return 0
    often = sum(len(at) / (len(at) + _SATURATION) for at in found) / len(found)
    closeness = min(1.0, len(found) / _shortest_window(found))
    return int(SCORE_MAX * often * closeness / (1 + log(1 + len(text))))


def best(
    query: Query, texts: Iterable[tuple[PostId, Sequence[str]]], *, limit: int, after: tuple[PostId, int] | None = None
) -> list[tuple[PostId, int]]:
    """Posts with their relevance, the best first, equal ones by newest; those behind `after`."""
    scored = ((post_id, relevance(query, text)) for post_id, text in texts)
    behind = (pair for pair in scored if after is None or _order(pair) < _order(after))
    return nlargest(limit, behind, key=_order)


def excerpt(query: Query, text: str) -> list[Piece]:
    """The part of the text around the first match, cut between words, with every match in it; the beginning of a text
    that has none.
    """
    found = _ranges(query, text)
    first = found[0] if found else (0, 0)
    start, end = _window(text, *first)
    pieces = [Piece(_ELLIPSIS, is_match=False)] if start > 0 else []
    at = start
    for match_start, match_end in found:
        if match_start >= start and match_end <= end:
            pieces += (Piece(text[at:match_start], is_match=False), Piece(text[match_start:match_end], is_match=True))
            at = match_end
    pieces += (Piece(text[at:end], is_match=False), Piece(_ELLIPSIS if end < len(text) else "", is_match=False))
    return _joined(pieces)


def _order(pair: tuple[PostId, int]) -> tuple[int, PostId]:
    post_id, score = pair
    return score, post_id


def _occurs(phrase: Phrase, text: Sequence[str]) -> bool:
    return next(places(phrase, text), None) is not None


def _shortest_window(found: Sequence[Sequence[int]]) -> int:
    """The number of words from the first to the last of the closest places, one of each list."""
    ordered = sorted((place, which) for which, at in enumerate(found) for place in at)
    latest: dict[int, int] = {}
    shortest = ordered[-1][0] - ordered[0][0] + 1
    for place, which in ordered:
        latest[which] = place
        if len(latest) == len(found):
            shortest = min(shortest, place - min(latest.values()) + 1)
    return max(shortest, 1)


def _ranges(query: Query, text: str) -> list[tuple[int, int]]:
    """The characters that match, in order, without overlaps."""
    found = list(words(text))
    plain = [word.text for word in found]
    ranges = sorted(
        (found[place].start, found[place + len(phrase.words) - 1].end)
        for phrase in query.wanted
        for place in places(phrase, plain)
    )
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged


def _window(text: str, first: int, last: int) -> tuple[int, int]:
    """About `EXCERPT_LENGTH` characters with `first` to `last` among them, a third of the rest before."""
    spare = max(EXCERPT_LENGTH - (last - first), 0)
    start = max(0, min(first - spare // 3, len(text) - EXCERPT_LENGTH))
    end = min(len(text), max(start + EXCERPT_LENGTH, last))
    if start > 0:
        space = text.find(" ", start, first)
        start = space + 1 if space >= 0 else start
    if end < len(text):
        space = text.rfind(" ", last, end)
        end = space if space >= 0 else end
    return start, end


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Without empty pieces, and neighbours of a kind as one."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].is_match == piece.is_match:
            joined[-1] = Piece(joined[-1].text + piece.text, piece.is_match)
        elif piece.text:
            joined.append(piece)
    return joined
