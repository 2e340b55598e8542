"""Searching with FTS5. It gives matches by number of row, which is the post's id: the newest come first for nothing."""

from collections.abc import Iterable, Sequence

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    SelectBase,
    Text,
    bindparam,
    column,
    delete,
    insert,
    literal_column,
    select,
    table,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from socialfeed.adapters.sql.columns import Id
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.search.base import SqlSearch
from socialfeed.adapters.sql.tables import post_search, user_search
from socialfeed.adapters.sql.tables.search import POST_WORDS, USER_TRIGRAMS
from socialfeed.application.ports.search import (
    RANKED,
    PostDocument,
    PostHit,
    PostQuery,
    UserDocument,
    UserHit,
)
from socialfeed.domain import names
from socialfeed.domain.ids import PostId
from socialfeed.domain.matching import best
from socialfeed.domain.search import Phrase, Query

_WORDS = table(POST_WORDS, column("rowid", Id), column(POST_WORDS))
_TRIGRAMS = table(USER_TRIGRAMS, column("rowid", Id), column("trigrams"), column(USER_TRIGRAMS), column("rank"))
_FORGET_NAMES = delete(_TRIGRAMS).where(_TRIGRAMS.c.rowid == bindparam("user"))
_LEARN_NAMES = insert(_TRIGRAMS).values(rowid=bindparam("user"), trigrams=bindparam("names"))


def _matches(of: ColumnElement[str]) -> ColumnElement[bool]:
    return of.bool_op("MATCH")(bindparam("matching", type_=Text))


def _newest_posts(_: Dialect, limit: int) -> SelectBase:
    post_id = _WORDS.c.rowid
    return (
        select(post_id)
        .where(
            _matches(_WORDS.c[POST_WORDS]),
            post_id < bindparam("below", type_=BigInteger),
            post_id > bindparam("above", type_=BigInteger),
        )
        .order_by(post_id.desc())
        .limit(literal_column(str(limit)))
    )


def _newest_with_words(dialect: Dialect, limit: int) -> SelectBase:
    newest = _newest_posts(dialect, limit).subquery("newest")
    found = select(post_search.c.post_id, post_search.c.words)
    return found.join_from(newest, post_search, post_search.c.post_id == newest.c.rowid)


def _alike(_: Dialect) -> SelectBase:
    # Rare trigrams weigh most in its rank, which is BM25, as they should.
    likely = (
        select(_TRIGRAMS.c.rowid)
        .where(_matches(_TRIGRAMS.c[USER_TRIGRAMS]))
        .order_by(_TRIGRAMS.c.rank)
        .limit(literal_column(str(names.CANDIDATES)))
        .subquery("likely")
    )
    found = select(user_search.c.user_id, user_search.c.names)
    return found.join_from(likely, user_search, user_search.c.user_id == likely.c.rowid)


class SqliteSearch(SqlSearch):
    async def newest_posts(self, query: PostQuery, *, limit: int) -> list[PostId]:
        rows = await self._database.rows(
            _newest_posts, limit, matching=_expression(query.query, query.labels), below=query.below, above=query.above
        )
        return [PostId(post_id) for (post_id,) in rows]

    async def best_posts(self, query: PostQuery, *, limit: int, after: PostHit | None = None) -> list[PostHit]:
        rows = await self._database.rows(
            _newest_with_words,
            RANKED,
            matching=_expression(query.query, query.labels),
            below=query.below,
            above=query.above,
        )
        found = ((PostId(post_id), words.split()) for post_id, words in rows)
        return [PostHit(*pair) for pair in best(query.query, found, limit=limit, after=after)]

    async def users(self, wanted: Sequence[str], *, limit: int, after: UserHit | None = None) -> list[UserHit]:
        trigrams = sorted(set[str]().union(*map(names.trigrams, names.meant(wanted))))
        rows = await self._database.rows(_alike, matching=" OR ".join(map(_quoted, trigrams)))
        candidates = ((user_id, found.split()) for user_id, found in rows)
        return [UserHit(*pair) for pair in names.best(wanted, candidates, limit=limit, after=after)]

    def written(self, document: PostDocument) -> str:
        return " ".join((*document.words, *sorted(document.labels)))

    async def names_changed(self, connection: AsyncConnection, documents: Sequence[UserDocument]) -> None:
        await connection.execute(_FORGET_NAMES, [{"user": who.user_id} for who in documents])
        learnt = [
            {"user": who.user_id, "names": " ".join(sorted(set[str]().union(*map(names.trigrams, who.names))))}
            for who in documents
            if who.names
        ]
        if learnt:
            await connection.execute(_LEARN_NAMES, learnt)


def _expression(query: Query, labels: Iterable[str]) -> str:
    wanted = " AND ".join([*map(_of_phrase, query.wanted), *map(_quoted, sorted(labels))])
    return f"({wanted})" + "".join(f" NOT {_of_phrase(phrase)}" for phrase in query.unwanted)


def _of_phrase(phrase: Phrase) -> str:
    return f"{_quoted(' '.join(phrase.words))}{' *' if phrase.is_prefix else ''}"


def _quoted(text: str) -> str:
    """Words that mean nothing but themselves."""
    return '"' + text.replace('"', '""') + '"'
