"""Finding people by names that somebody half remembers.

Names are compared by their trigrams, as Postgres' pg_trgm does: each word with two blanks before it and one behind,
in all its pieces of three characters.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from heapq import nsmallest

from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import UserId
from socialfeed.domain.search import MARK, QUERY_MAX, letters

NAME_WORDS_MAX = 6
"""Words of a query by name that count."""

ALIKE = 0.2
"""The least likeness of a word that is wanted to one of a name: between `smyth` and `smith` it is 0.25."""

SHORT = 7
"""Letters of a word that has hardly a trigram left when two of them change places: `jhon`, `gacria`."""

CANDIDATES = 200
"""So many of those whose names look alike are compared in earnest."""

SCORE_MAX = 1_000


def parse_name(text: str) -> tuple[str, ...]:
    """The words to look for, the @ of a name left out. Raises `Invalid` naming the field `query`."""
    if len(text) > QUERY_MAX:
        raise Invalid(f"At most {QUERY_MAX} characters, please.", code="TOO_LONG", field="query")
    found = tuple(dict.fromkeys(letters(text)))[:NAME_WORDS_MAX]
    if not found:
        raise Invalid("Say at least one word to look for.", code="NOTHING_TO_SEARCH", field="query")
    return found


def name_words(*names: str) -> tuple[str, ...]:
    """The words of all of somebody's names, each once."""
    return tuple(dict.fromkeys(word for name in names for word in letters(name)))


@lru_cache(maxsize=10_000)
def trigrams(word: str) -> frozenset[str]:
    """Blanks are `MARK`, which is in no word, so that an index of words can hold trigrams."""
    padded = f"{MARK}{MARK}{word}{MARK}"
    return frozenset(padded[place : place + 3] for place in range(len(padded) - 2))


@lru_cache(maxsize=10_000)
def slips(word: str) -> tuple[str, ...]:
    """What may have been meant by a short word: two neighbouring letters the other way round."""
    if not 2 < len(word) <= SHORT:
        return ()
    swapped = (word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in range(len(word) - 1))
    return tuple(dict.fromkeys(slip for slip in swapped if slip != word))


def meant(wanted: Sequence[str]) -> list[str]:
    """What to look for in an index: the words, and what may have been meant by them."""
    return [word for given in wanted for word in (given, *slips(given))]


def likeness(wanted: Sequence[str], names: Sequence[str]) -> int:
    """How well names fit, up to `SCORE_MAX`; 0 where a wanted word is like none of them."""
    total = 0.0
    for word in wanted:
        best = max((_alike(word, name) for name in names), default=0.0)
        if best < ALIKE:
            return 0
        total += best
    return round(SCORE_MAX * total / len(wanted))


def best(
    wanted: Sequence[str],
    candidates: Iterable[tuple[UserId, Sequence[str]]],
    *,
    limit: int,
    after: tuple[UserId, int] | None = None,
) -> list[tuple[UserId, int]]:
    """Accounts with their likeness, the best first, equal ones by the oldest; those behind `after`."""
    scored = ((user_id, likeness(wanted, names)) for user_id, names in candidates)
    behind = (pair for pair in scored if pair[1] and (after is None or _order(pair) > _order(after)))
    return nsmallest(limit, behind, key=_order)


def _order(pair: tuple[UserId, int]) -> tuple[int, UserId]:
    user_id, score = pair
    return -score, user_id


def _alike(word: str, name: str) -> float:
    """1 for the same, less for a beginning, for a slip and for what shares trigrams, in this order."""
    if word == name:
        return 1.0
    if name.startswith(word):
        return 0.8 + 0.15 * len(word) / len(name)
    if name in slips(word):
        return 0.75
    ours, theirs = trigrams(word), trigrams(name)
    common = len(ours & theirs)
    return 0.75 * common / (len(ours) + len(theirs) - common) if common else 0.0
