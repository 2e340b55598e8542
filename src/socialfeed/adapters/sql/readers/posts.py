"""Posts, their counters, and the candidates that feeds begin with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    SelectBase,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from socialfeed.adapters.sql.columns import Moment
from socialfeed.adapters.sql.dialect import Dialect, Walk
from socialfeed.adapters.sql.readers.base import Reader, once_each
from socialfeed.adapters.sql.rows.counts import selected_counts
from socialfeed.adapters.sql.rows.posts import EDIT, POST, edit_from_row, post_from_row
from socialfeed.adapters.sql.tables import (
    follows,
    is_deleted,
    is_public,
    is_regional,
    is_restricted,
    muted_words,
    mutes,
    post_counters,
    post_edits,
    post_tags,
    posts,
    pulled_authors,
    spoken_in,
    user_counters,
    users,
)
from socialfeed.application.ports.readers import Candidate, NotPushed, Page
from socialfeed.domain.engagement import Counts
from socialfeed.domain.ids import MAX_ID, PostId, UserId
from socialfeed.domain.post import Post, PostEdit, Visibility
from socialfeed.domain.text import language_of
from socialfeed.domain.user import UserStatus

_READER = bindparam("reader", type_=BigInteger)
_SINCE = bindparam("since", type_=BigInteger)


def _posts(dialect: Dialect) -> SelectBase:
    return select(*POST).where(dialect.any_of(posts.c.id, "ids"))


def _counts(dialect: Dialect) -> SelectBase:
    post_id = post_counters.c.post_id
    return selected_counts(dialect, post_id).where(dialect.any_of(post_id, "ids"))


def _page_by_author(dialect: Dialect, limit: int, *without: bool) -> SelectBase:
    """`without` says of each visibility, in order, whether its posts are left out."""
    author = bindparam("author", type_=BigInteger)
    left_out: list[ColumnElement[str]] = [
        literal_column(f"'{each}'") for each, out in zip(Visibility, without, strict=True) if out
    ]
    newest = Walk(posts.c.author_id, author, posts.c.id, literal_column(str(MAX_ID)), newest_first=True)
    rows = select(posts.c.id).where(posts.c.deleted_at.is_(None))
    total: ColumnElement[int] = user_counters.c.posts
    if left_out:
        rows = rows.where(posts.c.visibility.not_in(left_out))
        # The few that an index of theirs knows, taken from all that are counted.
        others = select(func.count()).select_from(posts)
        others = others.where(posts.c.author_id == author, is_restricted, posts.c.visibility.in_(left_out))
        total = total - others.scalar_subquery()
    page = (
        dialect.walked(rows, newest)
        .limit(literal_column(str(limit)))
        .offset(bindparam("offset", type_=Integer))
        .subquery("page")
    )
    # The outer join keeps the total where the page is empty.
    return (
        select(total, page.c.id)
        .select_from(user_counters.outerjoin(page, true()))
        .where(user_counters.c.user_id == author)
        .order_by(page.c.id.desc())
    )


def _ids_after(_: Dialect, limit: int) -> SelectBase:
    after = bindparam("after", type_=BigInteger)
    return select(posts.c.id).where(posts.c.id > after).order_by(posts.c.id).limit(literal_column(str(limit)))


def _edits(dialect: Dialect) -> SelectBase:
    return select(*EDIT).where(dialect.any_of(post_edits.c.post_id, "ids")).order_by(EDIT[0], EDIT[1])


def _due_for_purge(_: Dialect, limit: int) -> SelectBase:
    due = select(posts.c.id).where(is_deleted, posts.c.deleted_at < bindparam("moment", type_=Moment))
    return due.order_by(posts.c.deleted_at, posts.c.id).limit(literal_column(str(limit)))


def _newest_by_authors(dialect: Dialect, limit: int) -> SelectBase:
    return _newest(dialect, dialect.each("authors"), limit)


def _home_candidates(dialect: Dialect, limit: int) -> SelectBase:
    followed = (
        select(follows.c.followee_id.label("key"))
        .where(follows.c.follower_id == bindparam("reader", type_=BigInteger))
        .subquery("followed")
    )
    return _newest(dialect, followed, limit)


def _newest_tagged(dialect: Dialect, limit: int) -> SelectBase:
    tag, before = bindparam("tag", type_=Text), bindparam("before", type_=BigInteger)
    newest = Walk(post_tags.c.tag, tag, post_tags.c.post_id, before, newest_first=True)
    return dialect.walked(select(post_tags.c.post_id), newest).limit(literal_column(str(limit)))


def _newest_public(_: Dialect, limit: int) -> SelectBase:
    """Down the primary key: most posts are public."""
    public = select(posts.c.id).where(posts.c.id < bindparam("before", type_=BigInteger), is_public)
    return public.order_by(posts.c.id.desc()).limit(literal_column(str(limit)))


def _newest_in_language(dialect: Dialect, limit: int) -> SelectBase:
    return _newest_public_of(dialect, spoken_in, posts.c.language.is_not(None), limit)


def _newest_in_locale(dialect: Dialect, limit: int) -> SelectBase:
    return _newest_public_of(dialect, posts.c.language, is_regional, limit)


def _newest_public_of(
    dialect: Dialect, group: ColumnElement[Any], is_in_index: ColumnElement[bool], limit: int
) -> SelectBase:
    language, before = bindparam("language", type_=Text), bindparam("before", type_=BigInteger)
    newest = Walk(group, language, posts.c.id, before, newest_first=True)
    public = select(posts.c.id).where(is_public, is_in_index)
    return dialect.walked(public, newest).limit(literal_column(str(limit)))


def _not_pushed(dialect: Dialect, own: int, limit: int) -> SelectBase:
    """The reader's own posts are found by a walk of their own, as they have a limit of their own."""
    highest: ColumnElement[int] = literal_column(str(MAX_ID))
    walk = Walk(posts.c.author_id, _READER, posts.c.id, highest, newest_first=True)
    written = dialect.walked(select(posts.c.id, posts.c.author_id), walk).limit(literal_column(str(own)))
    # Few authors were ever too large. A subquery that gives one value is asked for each of them; a join might begin
    # with all whom the reader follows.
    author = pulled_authors.c.author_id
    follow = select(follows.c.id).where(follows.c.follower_id == _READER, follows.c.followee_id == author)
    left = select(author.label("key")).where(pulled_authors.c.post_id >= _SINCE, follow.scalar_subquery().is_not(None))
    pulled = _newest(dialect, left.subquery("left_to_readers"), limit, end=_SINCE - literal_column("1"))
    return union_all(select(written.subquery("written")), select(pulled.subquery("pulled")))


def _doubtful(dialect: Dialect) -> SelectBase:
    """Each outer join is a look-up by primary key for each post, whoever wrote it."""
    keys = dialect.each("ids")
    author = posts.c.author_id
    source = (
        keys.outerjoin(posts, posts.c.id == keys.c.key)
        .outerjoin(users, users.c.id == author)
        .outerjoin(follows, and_(follows.c.follower_id == _READER, follows.c.followee_id == author))
        .outerjoin(mutes, and_(mutes.c.muter_id == _READER, mutes.c.muted_id == author))
    )
    of_others = or_(
        users.c.status != literal_column(f"'{UserStatus.ACTIVE}'"),
        posts.c.visibility == literal_column(f"'{Visibility.MENTIONED}'"),
        follows.c.id.is_(None),
        mutes.c.kinds.is_not(None),
    )
    mutes_words = select(muted_words.c.phrase).where(muted_words.c.user_id == _READER).exists()
    return (
        select(keys.c.key)
        .select_from(source)
        .where(or_(posts.c.id.is_(None), is_deleted, and_(author != _READER, of_others), mutes_words))
    )


def _newest(
    dialect: Dialect, authors: FromClause, limit: int, *, end: ColumnElement[int] | None = None
) -> Select[int, int]:
    before = bindparam("before", type_=BigInteger)
    walk = Walk(posts.c.author_id, authors.c.key, posts.c.id, before, newest_first=True, end=end)
    of_each = dialect.first_of_each(authors, posts, walk, limit=limit)
    found = of_each.rows.c
    return (
        select(found.id, found.author_id)
        .select_from(of_each.source)
        .order_by(found.id.desc())
        .limit(literal_column(str(limit)))
    )


class SqlPostReader(Reader):
    __slots__ = ()

    async def posts_by_ids(self, ids: Sequence[PostId]) -> dict[PostId, Post]:
        rows = await self._database.by_key(_posts, ids)
        return {row[0]: post_from_row(row) for row in rows}

    async def counts(self, ids: Sequence[PostId]) -> dict[PostId, Counts]:
        rows = await self._database.by_key(_counts, ids)
        return {post_id: Counts(*counts) for post_id, *counts in rows}

    async def page_by_author(
        self, author_id: UserId, visibilities: frozenset[Visibility], *, limit: int, offset: int
    ) -> Page:
        without = [each not in visibilities for each in Visibility]
        rows = await self._database.rows(_page_by_author, limit, *without, author=author_id, offset=offset)
        ids = [post_id for _, post_id in rows if post_id is not None]
        return Page(ids, rows[0][0] if rows else 0)

    async def ids_after(self, after: PostId | None, *, limit: int) -> list[PostId]:
        return [PostId(row[0]) for row in await self._database.rows(_ids_after, limit, after=after or 0)]

    async def edits(self, ids: Sequence[PostId]) -> dict[PostId, list[PostEdit]]:
        found: dict[PostId, list[PostEdit]] = {}
        for row in await self._database.by_key(_edits, ids):
            found.setdefault(row[0], []).append(edit_from_row(row))
        return found

    async def due_for_purge(self, deleted_before: datetime, *, limit: int) -> list[PostId]:
        return [PostId(row[0]) for row in await self._database.rows(_due_for_purge, limit, moment=deleted_before)]

    async def newest_by_authors(
        self, author_ids: Sequence[UserId], *, limit: int, before: PostId | None = None
    ) -> list[Candidate]:
        if not author_ids:
            return []
        authors = once_each(author_ids)
        rows = await self._database.rows(_newest_by_authors, limit, authors=authors, before=_or_highest(before))
        return [Candidate(*row) for row in rows]

    async def newest_tagged(self, tag: str, *, limit: int, before: PostId | None = None) -> list[PostId]:
        rows = await self._database.rows(_newest_tagged, limit, tag=tag, before=_or_highest(before))
        return [PostId(row[0]) for row in rows]

    async def newest_public(
        self, *, limit: int, before: PostId | None = None, language: str | None = None
    ) -> list[PostId]:
        past = _or_highest(before)
        if language is None:
            rows = await self._database.rows(_newest_public, limit, before=past)
        else:
            build = _newest_in_language if language == language_of(language) else _newest_in_locale
            rows = await self._database.rows(build, limit, language=language, before=past)
        return [PostId(row[0]) for row in rows]

    async def not_pushed(self, reader_id: UserId, *, own: int, limit: int, since: PostId | None) -> NotPushed:
        rows = await self._database.rows(
            _not_pushed, own, limit, reader=reader_id, since=since or 0, before=_or_highest(None)
        )
        found = sorted((Candidate(*row) for row in rows), reverse=True)
        mine = [each for each in found if each.author_id == reader_id]
        return NotPushed(mine, [each for each in found if each.author_id != reader_id])

    async def home_candidates(self, reader_id: UserId, *, limit: int, before: PostId | None = None) -> list[Candidate]:
        rows = await self._database.rows(_home_candidates, limit, reader=reader_id, before=_or_highest(before))
        return [Candidate(*row) for row in rows]

    async def doubtful(self, reader_id: UserId, ids: Sequence[PostId]) -> list[PostId]:
        return [PostId(row[0]) for row in await self._database.by_key(_doubtful, ids, reader=reader_id)]


def _or_highest(before: PostId | None) -> int:
    return MAX_ID if before is None else before
