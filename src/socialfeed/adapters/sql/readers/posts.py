"""Posts, their counters, and the candidates that feeds begin with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    Integer,
    Join,
    Select,
    SelectBase,
    Text,
    and_,
    bindparam,
    false,
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
    blocks,
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
    shares,
    spoken_in,
    user_counters,
    users,
)
from socialfeed.application.ports.readers import Candidate, Doubts, NotPushed, Page, SharedPost
from socialfeed.domain.engagement import Counts
from socialfeed.domain.ids import MAX_ID, EntryId, PostId, UserId, is_share, shares_among
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
    newest = _newest(dialect, dialect.each("authors"), limit, _WRITTEN, None)
    return newest.order_by(literal_column("id").desc()).limit(literal_column(str(limit)))


def _newest_entries(dialect: Dialect, limit: int) -> SelectBase:
    return _newest_of_both(dialect, dialect.each("accounts"), limit)


def _home_candidates(dialect: Dialect, limit: int) -> SelectBase:
    followed = select(follows.c.followee_id.label("key")).where(follows.c.follower_id == _READER)
    return _newest_of_both(dialect, followed.subquery("followed"), limit)


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
    """What the reader wrote and shared is found by walks of their own, as there is a limit of its own."""
    highest: ColumnElement[int] = literal_column(str(MAX_ID))
    mine = []
    for account, entry in (_WRITTEN, _SHARED):
        walk = Walk(account, _READER, entry, highest, newest_first=True)
        newest = dialect.walked(select(entry.label("id"), account.label("account_id")), walk)
        mine.append(newest.limit(literal_column(str(own))).subquery(f"own_{entry.table.name}"))
    # Few authors were ever too large. A subquery that gives one value is asked for each of them; a join might begin
    # with all whom the reader follows.
    author = pulled_authors.c.author_id
    follow = select(follows.c.id).where(follows.c.follower_id == _READER, follows.c.followee_id == author)
    left = select(author.label("key")).where(pulled_authors.c.post_id >= _SINCE, follow.scalar_subquery().is_not(None))
    end = _SINCE - literal_column("1")
    pulled = _newest_of_both(dialect, left.subquery("left_to_readers"), limit, end=end)
    return union_all(*map(select, mine), select(pulled.subquery("pulled")))


_IS_MENTIONED = posts.c.visibility == literal_column(f"'{Visibility.MENTIONED}'")
_MUTES_WORDS = select(muted_words.c.phrase).where(muted_words.c.user_id == _READER).exists()


def _doubtful(dialect: Dialect) -> Select[*tuple[Any, ...]]:
    """Each outer join is a look-up by primary key for each post, whoever wrote it."""
    keys, author = dialect.each("ids"), _Account(posts.c.author_id, "author")
    of_others = or_(author.is_away, _IS_MENTIONED, ~author.is_followed, author.is_muted)
    return (
        select(keys.c.key)
        .select_from(author.joined(keys.outerjoin(posts, posts.c.id == keys.c.key)))
        .where(or_(posts.c.id.is_(None), is_deleted, and_(author.id != _READER, of_others), _MUTES_WORDS))
    )


def _doubtful_and_shared(dialect: Dialect) -> SelectBase:
    """Doubtful posts, and the shares that are still there: id, post and sharer; whether the post stands at home by
    itself, too; and whether it is doubtful.
    """
    nothing: ColumnElement[int] = literal_column("0")
    doubtful = _doubtful(dialect).add_columns(nothing, nothing, false(), true())
    return union_all(doubtful, _shared(dialect))


def _shared(dialect: Dialect) -> Select[*tuple[Any, ...]]:
    keys = dialect.each("shares")
    author, sharer = _Account(posts.c.author_id, "author"), _Account(shares.c.user_id, "sharer")
    source = keys.join(shares, shares.c.id == keys.c.key).outerjoin(posts, posts.c.id == shares.c.post_id)
    hindered, hinders = blocks.alias("hindered"), blocks.alias("hinders")
    joined = (
        sharer.joined(author.joined(source))
        .outerjoin(hindered, and_(hindered.c.blocker_id == _READER, hindered.c.blocked_id == author.id))
        .outerjoin(hinders, and_(hinders.c.blocker_id == author.id, hinders.c.blocked_id == _READER))
    )
    is_for_followers = or_(author.users.c.is_private, posts.c.visibility == literal_column(f"'{Visibility.FOLLOWERS}'"))
    by_others = or_(
        author.is_away,
        _IS_MENTIONED,
        author.is_muted,
        hindered.c.blocker_id.is_not(None),
        hinders.c.blocker_id.is_not(None),
        and_(~author.is_followed, is_for_followers),
    )
    through_others = or_(sharer.is_away, ~sharer.is_followed, sharer.is_muted)
    is_doubtful = or_(
        posts.c.id.is_(None),
        is_deleted,
        and_(author.id != _READER, by_others),
        and_(sharer.id != _READER, through_others),
        _MUTES_WORDS,
    )
    at_home = or_(author.id == _READER, author.is_followed)
    columns = keys.c.key, shares.c.post_id, sharer.id, at_home.label("at_home"), is_doubtful.label("is_doubtful")
    return select(*columns).select_from(joined)


class _Account:
    """How the reader stands to an account, by three look-ups."""

    def __init__(self, user_id: ColumnElement[int], name: str) -> None:
        self.id = user_id
        self.users = users.alias(name)
        self._follows, self._mutes = follows.alias(f"follows_{name}"), mutes.alias(f"mutes_{name}")
        self.is_away = self.users.c.status != literal_column(f"'{UserStatus.ACTIVE}'")
        self.is_followed = self._follows.c.id.is_not(None)
        self.is_muted = self._mutes.c.kinds.is_not(None)

    def joined(self, source: FromClause) -> Join:
        followed, muted = self._follows.c, self._mutes.c
        return (
            source.outerjoin(self.users, self.users.c.id == self.id)
            .outerjoin(self._follows, and_(followed.follower_id == _READER, followed.followee_id == self.id))
            .outerjoin(self._mutes, and_(muted.muter_id == _READER, muted.muted_id == self.id))
        )


_WRITTEN, _SHARED = (posts.c.author_id, posts.c.id), (shares.c.user_id, shares.c.id)
"""The columns of who and what, the two of an index."""


def _newest(
    dialect: Dialect,
    accounts: FromClause,
    limit: int,
    of: tuple[Column[int], Column[int]],
    end: ColumnElement[int] | None,
) -> Select[int, int]:
    account, entry = of
    before = bindparam("before", type_=BigInteger)
    walk = Walk(account, accounts.c.key, entry, before, newest_first=True, end=end)
    of_each = dialect.first_of_each(accounts, entry.table, walk, limit=limit)
    found = of_each.rows.c
    return select(found.id.label("id"), found[account.key].label("account_id")).select_from(of_each.source)


def _newest_of_both(
    dialect: Dialect, accounts: FromClause, limit: int, *, end: ColumnElement[int] | None = None
) -> Select[int, int]:
    both = union_all(*(_newest(dialect, accounts, limit, of, end) for of in (_WRITTEN, _SHARED))).subquery("both")
    return select(both.c.id, both.c.account_id).order_by(both.c.id.desc()).limit(literal_column(str(limit)))


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
    ) -> list[PostId]:
        if not author_ids:
            return []
        authors = once_each(author_ids)
        rows = await self._database.rows(_newest_by_authors, limit, authors=authors, before=_or_highest(before))
        return [PostId(row[0]) for row in rows]

    async def newest_entries(
        self, account_ids: Sequence[UserId], *, limit: int, before: EntryId | None = None
    ) -> list[Candidate]:
        if not account_ids:
            return []
        accounts = once_each(account_ids)
        rows = await self._database.rows(_newest_entries, limit, accounts=accounts, before=_or_highest(before))
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

    async def not_pushed(self, reader_id: UserId, *, own: int, limit: int, since: EntryId | None) -> NotPushed:
        rows = await self._database.rows(
            _not_pushed, own, limit, reader=reader_id, since=since or 0, before=_or_highest(None)
        )
        found = sorted((Candidate(*row) for row in rows), reverse=True)
        mine = [each for each in found if each.account_id == reader_id]
        return NotPushed(mine[:own], [each for each in found if each.account_id != reader_id])

    async def home_candidates(self, reader_id: UserId, *, limit: int, before: EntryId | None = None) -> list[Candidate]:
        rows = await self._database.rows(_home_candidates, limit, reader=reader_id, before=_or_highest(before))
        return [Candidate(*row) for row in rows]

    async def doubtful(self, reader_id: UserId, ids: Sequence[EntryId]) -> Doubts:
        asked = shares_among(ids)
        if not asked:
            return Doubts([PostId(row[0]) for row in await self._database.by_key(_doubtful, ids, reader=reader_id)])
        written = [entry_id for entry_id in ids if not is_share(entry_id)]
        rows = await self._database.rows(_doubtful_and_shared, ids=written, shares=asked, reader=reader_id)
        found = [row for row in rows if is_share(row[0])]
        shared = {share_id: SharedPost(post_id, sharer_id) for share_id, post_id, sharer_id, _, _ in found}
        doubtful = [row[0] for row in rows if row[4]] + [share_id for share_id in asked if share_id not in shared]
        return Doubts(doubtful, shared, {post_id for _, post_id, _, is_at_home, _ in found if is_at_home})


def _or_highest(before: EntryId | None) -> int:
    return MAX_ID if before is None else before
