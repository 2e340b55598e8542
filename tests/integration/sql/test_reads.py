"""What reads cost: one statement a call, by plans that do not depend on how much there is."""

import re
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from socialfeed.adapters.sql import SqlStorage, open_sqlite, postgres, sqlite, trending
from socialfeed.adapters.sql.dialect import Build, Dialect, read
from socialfeed.adapters.sql.readers import activity, comments, drafts, graph, keeping, lists, media, posts, users
from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.search import PostQuery
from socialfeed.domain.activity import Action, Outcome
from socialfeed.domain.comment import Sort
from socialfeed.domain.ids import (
    EPOCH_MS,
    MAX_ID,
    CommentId,
    DraftId,
    Kind,
    ListId,
    MediaId,
    PostId,
    SessionId,
    ShareId,
    UserId,
    compose,
)
from socialfeed.domain.media import MediaStatus
from socialfeed.domain.ranking import Window
from socialfeed.domain.search import label, parse
from socialfeed.domain.trending import EVERYWHERE
from socialfeed.domain.user import UserStatus
from socialfeed.domain.visibility import EVERY_VISIBILITY, FOR_ANYBODY
from socialfeed.testing.builders import Builder
from tests.services.postgres import Databases

Call = Callable[[SqlStorage], Awaitable[object]]

USERS = [UserId(1), UserId(2), UserId(3)]
POSTS = [PostId(11), PostId(12), PostId(13)]
SHARES = [ShareId(compose(EPOCH_MS, Kind.SHARE, 0, n)) for n in range(3)]
MEDIA = [MediaId(41), MediaId(42)]
COMMENTS = [CommentId(21), CommentId(22)]
LISTS = [ListId(71), ListId(72)]
SESSIONS = [SessionId(31), SessionId(32)]
BANNED = UserStatus.BANNED
SOUGHT = PostQuery(parse('red fox -"lazy dog" qui*'), frozenset({label("media", "yes")}))
MANY = [PostId(n) for n in range(1, 500)]
EVERYTHING = ActivityFilter(
    actor_id=USERS[0],
    action=Action.POST_LIKE,
    outcome=Outcome.DONE,
    object_id=POSTS[0],
    since=Builder().clock.now(),
    until=Builder().clock.now(),
)

CALLS: dict[str, tuple[int, Call]] = {
    "accounts_by_ids": (1, lambda s: s.users.accounts_by_ids(USERS)),
    "account_by_login, name": (1, lambda s: s.users.account_by_login("ada")),
    "account_by_login, address": (1, lambda s: s.users.account_by_login("ada@example.org")),
    "profiles_by_ids": (1, lambda s: s.users.profiles_by_ids(USERS)),
    "profile_counts": (1, lambda s: s.users.profile_counts(USERS)),
    "user_id_by_username": (1, lambda s: s.users.user_id_by_username("ada")),
    "user_ids_by_usernames": (1, lambda s: s.users.user_ids_by_usernames(["ada", "bob"])),
    "accounts_after": (1, lambda s: s.users.accounts_after(USERS[0], limit=10)),
    "accounts_after, role": (1, lambda s: s.users.accounts_after(None, limit=10, role="admin")),
    "accounts_after, both": (1, lambda s: s.users.accounts_after(None, limit=9, status=BANNED, role="admin")),
    "due_for_erasure": (1, lambda s: s.users.due_for_erasure(Builder().clock.now(), limit=10)),
    "posts_by_ids": (1, lambda s: s.posts.posts_by_ids(POSTS)),
    "posts_by_ids, many": (1, lambda s: s.posts.posts_by_ids(MANY)),
    "counts": (1, lambda s: s.posts.counts(POSTS)),
    "page_by_author": (1, lambda s: s.posts.page_by_author(USERS[0], FOR_ANYBODY, limit=10, offset=20)),
    "page_by_author, own": (1, lambda s: s.posts.page_by_author(USERS[0], EVERY_VISIBILITY, limit=10, offset=20)),
    "newest_by_authors": (1, lambda s: s.posts.newest_by_authors(USERS, limit=10)),
    "newest_tagged": (1, lambda s: s.posts.newest_tagged("art", limit=10)),
    "newest_public": (1, lambda s: s.posts.newest_public(limit=10, before=POSTS[0])),
    "newest_public, language": (1, lambda s: s.posts.newest_public(limit=10, language="de")),
    "newest_public, region": (1, lambda s: s.posts.newest_public(limit=10, language="de-AT")),
    "home_candidates": (1, lambda s: s.posts.home_candidates(USERS[0], limit=10)),
    "not_pushed": (1, lambda s: s.posts.not_pushed(USERS[0], own=10, limit=20, since=POSTS[0])),
    "newest_entries": (1, lambda s: s.posts.newest_entries(USERS, limit=10)),
    "doubtful": (1, lambda s: s.posts.doubtful(USERS[0], MANY)),
    "doubtful, shares": (1, lambda s: s.posts.doubtful(USERS[0], [*MANY, *SHARES])),
    "shared_by_ids": (1, lambda s: s.engagement.shared_by_ids(SHARES)),
    "shared_by_ids, none": (0, lambda s: s.engagement.shared_by_ids([])),
    "newest_entries, none": (0, lambda s: s.posts.newest_entries([], limit=10)),
    "comments_by_ids": (1, lambda s: s.comments.comments_by_ids(COMMENTS)),
    "children": (1, lambda s: s.comments.children(POSTS[0], [None, *COMMENTS], limit=3)),
    "children, top": (1, lambda s: s.comments.children(POSTS[0], [None, *COMMENTS], limit=3, sort=Sort.TOP)),
    "children, hot": (1, lambda s: s.comments.children(POSTS[0], [None, *COMMENTS], limit=3, sort=Sort.HOT)),
    "hidden_above": (1, lambda s: s.comments.hidden_above(COMMENTS)),
    "hidden_above, none": (0, lambda s: s.comments.hidden_above([])),
    "child_counts": (1, lambda s: s.comments.child_counts(POSTS[0], [None, *COMMENTS])),
    "liking": (1, lambda s: s.comments.liking(USERS[0], COMMENTS)),
    "reactions": (1, lambda s: s.engagement.reactions(USERS[0], POSTS)),
    "followed_among": (1, lambda s: s.graph.followed_among(USERS[0], USERS)),
    "relations": (1, lambda s: s.graph.relations(USERS[0], USERS)),
    "muted_words": (1, lambda s: s.graph.muted_words(USERS[0])),
    "followers": (1, lambda s: s.graph.followers(USERS[0], limit=10)),
    "follower_ids": (1, lambda s: s.graph.follower_ids(USERS[0], limit=10)),
    "following": (1, lambda s: s.graph.following(USERS[0], limit=10)),
    "requests": (1, lambda s: s.graph.requests(USERS[0], limit=10)),
    "blocked": (1, lambda s: s.graph.blocked(USERS[0], limit=10)),
    "muted": (1, lambda s: s.graph.muted(USERS[0], limit=10)),
    "suggestions": (1, lambda s: s.graph.suggestions(USERS[0], limit=10)),
    "drafts_by_ids": (1, lambda s: s.drafts.drafts_by_ids([DraftId(61)])),
    "drafts": (1, lambda s: s.drafts.page(USERS[0], scheduled=True, limit=10)),
    "drafts, due": (1, lambda s: s.drafts.due(Builder().clock.now(), limit=10)),
    "drafts_by_ids, none": (0, lambda s: s.drafts.drafts_by_ids([])),
    "lists_by_ids": (1, lambda s: s.lists.lists_by_ids(LISTS)),
    "lists_by_ids, none": (0, lambda s: s.lists.lists_by_ids([])),
    "lists": (1, lambda s: s.lists.page(USERS[0], limit=10)),
    "lists, with somebody": (1, lambda s: s.lists.page(USERS[0], member_id=USERS[1], limit=10)),
    "members": (1, lambda s: s.lists.members(LISTS, limit=10)),
    "members, none": (0, lambda s: s.lists.members([], limit=10)),
    "newest_posts of a list": (1, lambda s: s.lists.newest_posts(LISTS[0], limit=10)),
    "member_counts": (1, lambda s: s.lists.member_counts(LISTS)),
    "member_counts, none": (0, lambda s: s.lists.member_counts([])),
    "bookmarks": (1, lambda s: s.bookmarks.page(USERS[0], limit=10)),
    "bookmarks, of a folder": (1, lambda s: s.bookmarks.page(USERS[0], folder="later", limit=10)),
    "bookmark folders": (1, lambda s: s.bookmarks.folders(USERS[0])),
    "pinned": (1, lambda s: s.pins.pinned(USERS)),
    "sessions_by_ids": (1, lambda s: s.sessions.sessions_by_ids(SESSIONS)),
    "sessions_of": (1, lambda s: s.sessions.sessions_of(USERS[0], Builder().clock.now())),
    "revoked_since": (1, lambda s: s.sessions.revoked_since(Builder().clock.now())),
    "roles": (1, lambda s: s.access.roles()),
    "roles_by_names": (1, lambda s: s.access.roles_by_names(["helper", "editor"])),
    "grants_of": (1, lambda s: s.access.grants_of(USERS[0])),
    "entries": (1, lambda s: s.activity.entries(ActivityFilter(), limit=10)),
    "entries, filtered": (1, lambda s: s.activity.entries(EVERYTHING, limit=10)),
    "links": (1, lambda s: s.activity.links(after=(USERS[0], 7), limit=10)),
    "surplus": (1, lambda s: s.activity.surplus()),
    "ids_after": (1, lambda s: s.posts.ids_after(POSTS[0], limit=10)),
    "newest_posts": (1, lambda s: s.search.newest_posts(SOUGHT, limit=10)),
    "best_posts": (1, lambda s: s.search.best_posts(SOUGHT, limit=10)),
    "users by name": (1, lambda s: s.search.users(["ada", "lovelace"], limit=10)),
    "users_by_ids": (1, lambda s: s.search.users_by_ids(USERS)),
    "users_by_ids, none": (0, lambda s: s.search.users_by_ids([])),
    "edits": (1, lambda s: s.posts.edits(POSTS)),
    "due_for_purge": (1, lambda s: s.posts.due_for_purge(Builder().clock.now(), limit=10)),
    "media_by_ids": (1, lambda s: s.media.media_by_ids(MEDIA)),
    "media_of_posts": (1, lambda s: s.media.media_of_posts(POSTS)),
    "unattached": (1, lambda s: s.media.unattached(Builder().clock.now(), limit=10)),
    "lagging": (1, lambda s: s.media.lagging(MediaStatus.PENDING, Builder().clock.now(), limit=10)),
    "removed": (1, lambda s: s.media.removed(MEDIA[0], limit=10)),
    "unfolded": (1, lambda s: s.counters.unfolded(limit=10)),
    "drift": (1, lambda s: s.counters.drift(POSTS)),
    "drift, none": (0, lambda s: s.counters.drift([])),
    "likers": (1, lambda s: s.engagement.likers(POSTS[0], limit=10)),
    "chains": (1, lambda s: s.activity.chains(after=USERS[0], limit=10)),
    "timeline": (1, lambda s: s.timelines.read(USERS[0])),
    "top": (1, lambda s: s.trending.top(EVERYWHERE, Window.NOW, limit=10)),
    "top, of a scope": (1, lambda s: s.trending.top("tag:art", Window.TODAY, limit=10)),
    "done_with": (1, lambda s: s.engagement.done_with(POSTS)),
    "done_with, none": (0, lambda s: s.engagement.done_with([])),
    "backlog": (1, lambda s: s.outbox.backlog()),
    "accounts_by_ids, none": (0, lambda s: s.users.accounts_by_ids([])),
    "user_ids_by_usernames, none": (0, lambda s: s.users.user_ids_by_usernames([])),
    "profiles_by_ids, none": (0, lambda s: s.users.profiles_by_ids([])),
    "profile_counts, none": (0, lambda s: s.users.profile_counts([])),
    "posts_by_ids, none": (0, lambda s: s.posts.posts_by_ids([])),
    "counts, none": (0, lambda s: s.posts.counts([])),
    "doubtful, none": (0, lambda s: s.posts.doubtful(USERS[0], [])),
    "newest_by_authors, none": (0, lambda s: s.posts.newest_by_authors([], limit=10)),
    "comments_by_ids, none": (0, lambda s: s.comments.comments_by_ids([])),
    "children, none": (0, lambda s: s.comments.children(POSTS[0], [], limit=3)),
    "child_counts, none": (0, lambda s: s.comments.child_counts(POSTS[0], [])),
    "liking, none": (0, lambda s: s.comments.liking(USERS[0], [])),
    "reactions, none": (0, lambda s: s.engagement.reactions(USERS[0], [])),
    "relations, none": (0, lambda s: s.graph.relations(USERS[0], [])),
    "pinned, none": (0, lambda s: s.pins.pinned([])),
    "followed_among, none": (0, lambda s: s.graph.followed_among(USERS[0], [])),
    "sessions_by_ids, none": (0, lambda s: s.sessions.sessions_by_ids([])),
    "roles_by_names, none": (0, lambda s: s.access.roles_by_names([])),
    "media_by_ids, none": (0, lambda s: s.media.media_by_ids([])),
    "media_of_posts, none": (0, lambda s: s.media.media_of_posts([])),
    "edits, none": (0, lambda s: s.posts.edits([])),
    # What no account can be called is not looked for; Postgres would refuse to.
    "account_by_login, unstorable": (0, lambda s: s.users.account_by_login("ada\0")),
    "roles_by_names, unstorable": (0, lambda s: s.access.roles_by_names(["\ud800", "ad\0min"])),
    "accounts_after, unstorable": (0, lambda s: s.users.accounts_after(None, limit=10, role="ad\0min")),
    "user_ids_by_usernames, unstorable": (0, lambda s: s.users.user_ids_by_usernames(["ada\0", "\ud800"])),
    "user_id_by_username, unstorable": (0, lambda s: s.users.user_id_by_username("\ud800")),
}


@pytest.mark.parametrize("name", CALLS)
async def test_each_call_is_one_statement_and_none_without_ids(
    storage: SqlStorage, executed: list[str], name: str
) -> None:
    expected, call = CALLS[name]
    await call(storage)
    assert len(executed) == expected, executed


async def test_sqlite_reads_a_few_keys_on_the_loop_and_all_else_on_its_thread(
    sqlite_url: str, context: AdapterContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    fetch = sqlite.fetch

    def spied(*args: Any) -> Any:
        threads.append(threading.get_ident())
        return fetch(*args)

    monkeypatch.setattr(sqlite, "fetch", spied)
    async with open_sqlite(sqlite_url, context) as storage:
        await storage.posts.posts_by_ids(POSTS)
        await storage.posts.posts_by_ids(MANY)
        await storage.posts.home_candidates(USERS[0], limit=10)
    here = threading.get_ident()
    assert [thread == here for thread in threads] == [True, False, False]
    assert threads[1] == threads[2]


Reads = dict[str, tuple[str, Build, tuple[int | bool, ...], dict[str, Any]]]

LIMIT, GROUP = 20, 20_000
AT = datetime(2030, 1, 1, tzinfo=UTC)
IDS = {"below": MAX_ID, "above": -1}
OF_ACTOR, OF_OBJECT = (LIMIT, True, False, False, False), (LIMIT, False, True, False, False)
ONLOOKER = {"post": 1, "viewer": 7, "moderates": False}
PAST_ALL = {"after": MAX_ID, "score": MAX_ID, **ONLOOKER}
OWN, OTHERS = (False, False, False, False), (False, False, True, True)
WALKS: Reads = {
    "drafts": ("drafts", drafts._page, (LIMIT, False, False), {"author": 1, "before": MAX_ID}),
    "drafts, due": ("drafts", drafts._due, (LIMIT,), {"at": AT}),
    "bookmarks": ("bookmarks", keeping._page, (LIMIT,), {"user": 1, "before": MAX_ID}),
    "bookmarks, of a folder": (
        "bookmarks",
        keeping._page_of_folder,
        (LIMIT,),
        {"user": 1, "folder": "later", "before": MAX_ID},
    ),
    "lists": ("lists", lists._page, (LIMIT, False), {"owner": 1, "before": MAX_ID}),
    "newest_posts of a list": ("posts", lists._newest_posts, (LIMIT,), {"list": 1_000_000, "before": MAX_ID}),
    "members": ("list_members", lists._members, (LIMIT,), {"ids": [1], "before": MAX_ID}),
    "home_candidates": ("posts", posts._home_candidates, (LIMIT,), {"reader": 1_000_000, "before": MAX_ID}),
    "home_candidates, shared": ("shares", posts._home_candidates, (LIMIT,), {"reader": 1_000_000, "before": MAX_ID}),
    "newest_entries": ("shares", posts._newest_entries, (LIMIT,), {"accounts": [1], "before": MAX_ID}),
    "newest_by_authors": ("posts", posts._newest_by_authors, (LIMIT,), {"authors": [1], "before": MAX_ID}),
    "page_by_author": ("posts", posts._page_by_author, (LIMIT, *OWN), {"author": 1, "offset": 0}),
    "page_by_author, others'": ("posts", posts._page_by_author, (LIMIT, *OTHERS), {"author": 1, "offset": 0}),
    "newest_public, language": ("posts", posts._newest_in_language, (LIMIT,), {"language": "de", "before": MAX_ID}),
    "newest_public, region": ("posts", posts._newest_in_locale, (LIMIT,), {"language": "de-AT", "before": MAX_ID}),
    "children": ("comments", comments._children, (LIMIT, True), {"parents": [1], "after": MAX_ID, **ONLOOKER}),
    "children, oldest": ("comments", comments._children, (LIMIT, False), {"parents": [1], "after": 0, **ONLOOKER}),
    "children, top": ("comment_counters", comments._ranked_children, (LIMIT, False), {"parents": [1], **PAST_ALL}),
    "children, hot": ("comment_counters", comments._ranked_children, (LIMIT, True), {"parents": [1], **PAST_ALL}),
    "followers": ("follows", graph._followers, (LIMIT,), {"user": 1, "past": MAX_ID}),
    "follower_ids": ("follows", graph._follower_ids, (LIMIT,), {"user": 1, "past": MAX_ID}),
    "accounts_not_active": ("users", users._accounts_not_active, (LIMIT, False), {"status": "banned", "after": 0}),
    "due_for_erasure": ("users", users._due_for_erasure, (LIMIT,), {"at": AT}),
    "entries of an actor": ("activity", activity._entries, OF_ACTOR, {"actor_id": 1, **IDS}),
    "entries of an object": ("activity", activity._entries, OF_OBJECT, {"object_id": 1, **IDS}),
    "links": ("activity", activity._links, (LIMIT,), {"actor": 1, "position": 7}),
    "media, unattached": ("media", media._unattached, (LIMIT,), {"before": AT}),
    "media, lagging": ("media", media._lagging, (LIMIT,), {"status": "pending", "before": AT}),
    "media, removed": ("media", media._removed, (LIMIT,), {"after": 0}),
}
BY_ID: Reads = {
    "newest_public": ("posts", posts._newest_public, (LIMIT,), {"before": MAX_ID}),
    "newest_tagged": ("post_tags", posts._newest_tagged, (LIMIT,), {"tag": "huge", "before": MAX_ID}),
    "trending now": ("trending_posts", trending._top, (0, LIMIT), {}),
    "trending today": ("trending_posts", trending._top, (1, LIMIT), {}),
    "entries": ("activity", activity._entries, (LIMIT, False, False, False, False), IDS),
}


@pytest.fixture(scope="module")
def one_huge_group(databases: Databases, template: str) -> Iterator[psycopg.Connection]:
    """User 1 has 20,000 posts, followers and entries in the log, post 1 as many comments; everybody else has five. As
    many users are banned and to be erased; half of the media are removed, half late. In mixed order and not vacuumed,
    so that fetching whole groups looks cheap; plans are generic, as on the connections for reads.
    """
    options = " ".join(f"-c {name}={value}" for name, value in postgres.READ_SETTINGS.items())
    url = databases.create(template)
    with psycopg.connect(url, autocommit=True, options=options) as connection:
        owner = f"CASE WHEN n <= {GROUP} THEN 1 ELSE 2 + (n - {GROUP}) / 5 END"
        series = f"FROM (SELECT n FROM generate_series(1, {GROUP} + 10000) n ORDER BY md5(n::text)) AS mixed (n)"
        for statement in (
            f"INSERT INTO users SELECT n, n, n, n, '', '', '', '', now(), 'active', 'user' {series}",
            f"UPDATE users SET status = 'banned', erase_at = '2029-12-31' WHERE id <= {GROUP}",
            "UPDATE users SET roles = 'admin,user' WHERE id % 500 = 0",
            f"INSERT INTO activity SELECT n::int8 << 48, {owner}, n, 'post:like', '', {owner}, '', '', 1, '' {series}",
            "INSERT INTO posts (id, author_id, content, created_at, language)"
            f" SELECT n, {owner}, 'text', now(), CASE n % 3 WHEN 0 THEN 'de-AT' WHEN 1 THEN 'de' END {series}",
            f"INSERT INTO post_tags SELECT CASE WHEN n <= {GROUP} THEN 'huge' ELSE 'tag ' || n / 5 END, n {series}",
            f"INSERT INTO trending_posts (post_id, touched_at, now_rank, today_rank) SELECT n, now(), n, -n {series}",
            f"INSERT INTO comments SELECT n, {owner}, {GROUP} + 1, {owner}, 0, 'text', now() {series}",
            "UPDATE comment_counters SET likes = comment_id % 7, hot = hot + comment_id % 1000",
            f"INSERT INTO follows SELECT n, {owner}, n, now() {series} WHERE n <> {owner}",
            f"INSERT INTO drafts SELECT n, {owner}, 'text', NULL, 'public', 'everyone', false, NULL, NULL, now(),"
            f" now(), '2029-12-31', NULL {series}",
            f"INSERT INTO lists SELECT n, {owner}, 'name', now(), now() {series}",
            f"INSERT INTO list_members SELECT n, {owner}, n, now() {series}",
            "INSERT INTO list_members SELECT n, 1000000, n, now() FROM generate_series(1, 50) n",
            f"INSERT INTO bookmarks SELECT {owner}, n, n, 'later', now() {series}",
            "INSERT INTO follows SELECT 1000000, n, n, now() FROM generate_series(1, 50) n",
            f"INSERT INTO media SELECT n, {owner}, 'image', 'pending', '', 0, 0, 0, n, '', now(), NULL, NULL, '[]',"
            f" NULL, NULL, 0, CASE WHEN n % 2 = 0 THEN now() END {series}",
            f"INSERT INTO user_counters VALUES (1, {GROUP}, {GROUP}, 0)",
            f"INSERT INTO shares SELECT n, {owner}, n, now() {series}",
            "ANALYZE users, posts, shares, comments, comment_counters, follows, bookmarks, drafts, user_counters,"
            " activity, media, lists, list_members",
        ):
            connection.execute(statement)
        yield connection
    databases.drop(url)


@pytest.mark.parametrize("name", [*WALKS, *BY_ID])
def test_postgres_reads_no_more_of_a_huge_group_than_the_limit(one_huge_group: psycopg.Connection, name: str) -> None:
    table, build, literals, values = (WALKS | BY_ID)[name]
    groups = 50 if name.startswith(("home_candidates", "newest_posts of a list")) else 1
    # Partitions are merged: one row of each is looked at.
    months = 30 if table == "activity" else 0
    assert 0 < rows_read(one_huge_group, table, postgres.DIALECT, build, literals, values) <= groups * LIMIT + months


def test_postgres_reads_no_ordinary_accounts_to_find_the_first_administrators(
    one_huge_group: psycopg.Connection,
) -> None:
    values = {"role": ",admin,", "after": 0}
    of_role = (LIMIT, False, True, True)
    assert rows_read(one_huge_group, "users", postgres.DIALECT, users._accounts_after, of_role, values) == LIMIT


def rows_read(
    connection: psycopg.Connection,
    table: str,
    dialect: Dialect,
    build: Build,
    literals: tuple[int | bool, ...],
    values: dict[str, Any],
) -> int:
    """How many rows, or entries of an index, the statement takes from the table."""
    text = read(dialect, build, *literals).text
    for place, key in enumerate(values, start=1):
        text = text.replace(f"%({key})s", f"${place}")
    is_of_table = re.compile(rf"{table}(_\d{{4}}_\d\d|_default)?").fullmatch
    connection.execute("DEALLOCATE ALL", prepare=False)  # psycopg would prepare this, too.
    connection.execute(f"PREPARE walk AS {text}")
    bound = ", ".join(f"'{{{', '.join(map(str, v))}}}'" if isinstance(v, list) else f"'{v}'" for v in values.values())
    execute = f"EXECUTE walk({bound})" if bound else "EXECUTE walk"
    row = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {execute}").fetchone()
    assert row is not None

    def taken(node: dict[str, Any]) -> int:
        looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        here = looked_at * node["Actual Loops"] if is_of_table(node.get("Relation Name", "")) else 0
        return int(here) + sum(taken(child) for child in node.get("Plans", ()))

    return taken(row[0][0]["Plan"])


@pytest.mark.parametrize("name", WALKS)
def test_sqlite_reads_by_index_and_sorts_no_group(migrated_file: Path, name: str) -> None:
    table, build, literals, values = WALKS[name]
    statement = read(sqlite.DIALECT, build, *literals)
    with closing(sqlite3.connect(migrated_file)) as connection:
        bound = {key: sqlite._parameter(value) for key, value in statement.bound(values).items()}
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", bound)]
    assert any(step.startswith(f"SEARCH {table} USING") and "INDEX ix_" in step for step in plan), plan
    assert not any(step == f"SCAN {table}" for step in plan), plan
    # One sort at most, that of what was found: the last step, or that of each of two which are merged. Subqueries give
    # their rows in order of the index.
    ends = [plan[place - 1] for place, step in enumerate(plan) if step == "RIGHT"] + plan[-1:]
    assert [step for step in plan if "ORDER BY" in step] in ([], ends), plan


def test_the_limit_stands_in_the_text() -> None:
    text = read(postgres.DIALECT, posts._home_candidates, 17).text
    assert text.count("LIMIT 17") == 3
