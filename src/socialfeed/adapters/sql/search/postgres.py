"""Searching with `tsvector` and `pg_trgm`.

There are two ways to the newest posts that match: to walk back from the newest, which is at its best for words that are
everywhere, and to look the words up in the index and sort what it has, which is for all others. Statistics would tell
which, but the plans of reads are made once, for any words; and a planner that hopes to find rare words soon walks
through all there is. So a statement counts matches among a few of the newest posts, walks on for a bounded number if
that promises to be enough, and else asks the index.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    SelectBase,
    Subquery,
    Text,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.search.base import SqlSearch
from socialfeed.adapters.sql.tables import post_search, user_search
from socialfeed.application.ports.search import RANKED, PostDocument, PostHit, PostQuery, UserHit
from socialfeed.domain import names
from socialfeed.domain.ids import MAX_ID, PostId
from socialfeed.domain.search import MARK, Phrase, Query

SAMPLED = 1_000
"""Posts looked at first: 0.2 ms."""

WALKED = 20_000
"""Posts looked at, at most, where the sample promises to find enough in them: 4 ms."""

DIVIDED_BY_LENGTH = 1
"""Of `ts_rank_cd`: by 1 + the logarithm of the number of words."""

SCORE_SCALE = 1_000_000
SCORE_MAX = 2**31 - 1

_p, _u = post_search.c, user_search.c
_MATCHING = cast(bindparam("matching", type_=Text), TSQUERY)
_RANKED_BY = cast(bindparam("ranked_by", type_=Text), TSQUERY)
_BELOW, _ABOVE = bindparam("below", type_=BigInteger), bindparam("above", type_=BigInteger)


def _matches(words: ColumnElement[str]) -> ColumnElement[bool]:
    return words.bool_op("@@")(_MATCHING)


def _newest_matches(limit: int) -> tuple[CTE, CTE]:
    """The newest matches, by walking and by the index: one of the two has them all, the other one is empty."""
    enough = literal_column(str(limit), Integer)
    sampled = _walk(SAMPLED, "sampled")
    expected = select(func.count() * literal_column(str(WALKED // SAMPLED))).select_from(
        select(sampled).where(_matches(sampled.c.words)).subquery("matching_sample")
    )
    newest = _walk(WALKED, "newest")
    walked = (
        select(newest)
        .where(_matches(newest.c.words), expected.scalar_subquery() >= enough)
        .order_by(newest.c.post_id.desc())
        .limit(enough)
        .cte("walked")
    )
    found = select(func.count()).select_from(walked).scalar_subquery()
    # As a plain column it would send the planner through the primary key, for the order or for the bounds.
    post_id = _p.post_id + literal_column("0")
    looked_up = (
        select(_p.post_id, _p.words)
        .where(_matches(_p.words), post_id < _BELOW, post_id > _ABOVE, found < enough)
        .order_by(post_id.desc())
        .limit(enough)
        .cte("looked_up")
    )
    return select(walked).where(found >= enough).cte("walked_far_enough"), looked_up


def _walk(limit: int, name: str) -> Subquery:
    return (
        select(_p.post_id, _p.words)
        .where(_p.post_id < _BELOW, _p.post_id > _ABOVE)
        .order_by(_p.post_id.desc())
        .limit(literal_column(str(limit)))
        .subquery(name)
    )


def _newest_posts(_: Dialect, limit: int) -> SelectBase:
    ways = [select(way.c.post_id) for way in _newest_matches(limit)]
    found: Subquery = union_all(*ways).subquery("found")
    return select(found.c.post_id).order_by(found.c.post_id.desc())


def _best_posts(_: Dialect, limit: int) -> SelectBase:
    found = union_all(*(select(way) for way in _newest_matches(RANKED))).subquery("found")
    rank = func.ts_rank_cd(found.c.words, _RANKED_BY, literal_column(str(DIVIDED_BY_LENGTH)), type_=Float)
    scored = select(found.c.post_id, cast(rank * literal_column(str(SCORE_SCALE)), Integer).label("score")).subquery(
        "scored"
    )
    last = tuple_(bindparam("score", type_=Integer), bindparam("last", type_=BigInteger))
    return (
        select(scored.c.post_id, scored.c.score)
        .where(tuple_(scored.c.score, scored.c.post_id) < last)
        .order_by(scored.c.score.desc(), scored.c.post_id.desc())
        .limit(literal_column(str(limit)))
    )


def _alike(_: Dialect) -> SelectBase:
    """`%>` holds from the threshold on that is in `postgres.READ_SETTINGS`."""
    wanted = bindparam("wanted", type_=Text)
    meant = any_(bindparam("meant", type_=ARRAY(Text)))
    return (
        select(_u.user_id, _u.names)
        .where(_u.names.bool_op("%>")(meant))
        .order_by(func.word_similarity(wanted, _u.names).desc(), _u.user_id)
        .limit(literal_column(str(names.CANDIDATES)))
    )


class PostgresSearch(SqlSearch):
    async def newest_posts(self, query: PostQuery, *, limit: int) -> list[PostId]:
        rows = await self._database.rows(
            _newest_posts, limit, matching=_tsquery(query.query, query.labels), below=query.below, above=query.above
        )
        return [PostId(post_id) for (post_id,) in rows]

    async def best_posts(self, query: PostQuery, *, limit: int, after: PostHit | None = None) -> list[PostHit]:
        rows = await self._database.rows(
            _best_posts,
            limit,
            matching=_tsquery(query.query, query.labels),
            ranked_by=_tsquery(Query(query.query.wanted)),
            below=query.below,
            above=query.above,
            score=SCORE_MAX if after is None else after.score,
            last=MAX_ID if after is None else after.post_id,
        )
        return [PostHit(*row) for row in rows]

    async def users(self, wanted: Sequence[str], *, limit: int, after: UserHit | None = None) -> list[UserHit]:
        rows = await self._database.rows(_alike, wanted=" ".join(wanted), meant=names.meant(wanted))
        candidates = ((user_id, found.split()) for user_id, found in rows)
        return [UserHit(*pair) for pair in names.best(wanted, candidates, limit=limit, after=after)]

    def written(self, document: PostDocument) -> str:
        places: dict[str, list[str]] = {}
        for place, word in enumerate(document.words, start=1):
            if word != MARK:
                places.setdefault(word, []).append(str(place))
        lexemes = [f"{_quoted(word)}:{','.join(at)}" for word, at in places.items()]
        return " ".join([*lexemes, *map(_quoted, sorted(document.labels))])


def _tsquery(query: Query, labels: Iterable[str] = ()) -> str:
    wanted = [_of_phrase(phrase) for phrase in query.wanted]
    unwanted = [f"!{_of_phrase(phrase)}" for phrase in query.unwanted]
    return " & ".join([*wanted, *unwanted, *map(_quoted, sorted(labels))])


def _of_phrase(phrase: Phrase) -> str:
    following = " <-> ".join(map(_quoted, phrase.words))
    return f"({following}{':*' if phrase.is_prefix else ''})"


def _quoted(word: str) -> str:
    """A lexeme that means nothing but itself."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
