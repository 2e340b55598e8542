"""How accounts stand to one another."""

from collections.abc import Iterable

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.graph import Block, Follow, FollowRequest, Mute, MutedWord, MuteOf, Priority

_f = tables.follows.c

FOLLOW = (_f.id, _f.follower_id, _f.followee_id, _f.created_at, _f.priority)


def follow_from_row(row: Row) -> Follow:
    id_, follower_id, followee_id, created_at, priority = row
    return Follow(id_, follower_id, followee_id, to_datetime(created_at), Priority(priority))


def follow_values(follow: Follow) -> Values:
    return {
        "id": follow.id,
        "follower_id": follow.follower_id,
        "followee_id": follow.followee_id,
        "created_at": follow.created_at,
        "priority": int(follow.priority),
    }


_r = tables.follow_requests.c

REQUEST = (_r.id, _r.requester_id, _r.target_id, _r.created_at)


def request_from_row(row: Row) -> FollowRequest:
    id_, requester_id, target_id, created_at = row
    return FollowRequest(id_, requester_id, target_id, to_datetime(created_at))


def request_values(request: FollowRequest) -> Values:
    return {
        "id": request.id,
        "requester_id": request.requester_id,
        "target_id": request.target_id,
        "created_at": request.created_at,
    }


def block_values(block: Block) -> Values:
    return {"blocker_id": block.blocker_id, "blocked_id": block.blocked_id, "created_at": block.created_at}


_m = tables.mutes.c

MUTE = (_m.muter_id, _m.muted_id, _m.kinds, _m.created_at, _m.until)


def mute_from_row(row: Row) -> Mute:
    muter_id, muted_id, kinds, created_at, until = row
    ends = None if until is None else to_datetime(until)
    return Mute(muter_id, muted_id, MuteOf(kinds), to_datetime(created_at), ends)


def mute_values(mute: Mute) -> Values:
    return {
        "muter_id": mute.muter_id,
        "muted_id": mute.muted_id,
        "kinds": int(mute.kinds),
        "created_at": mute.created_at,
        "until": mute.until,
    }


_w = tables.muted_words.c

WORD = (_w.user_id, _w.phrase, _w.created_at, _w.until)


def words_from_rows(rows: Iterable[Row]) -> list[MutedWord]:
    """In order of the phrase, by code points: each database has an order of its own."""
    words = (
        MutedWord(user_id, phrase, to_datetime(created_at), None if until is None else to_datetime(until))
        for user_id, phrase, created_at, until in rows
    )
    return sorted(words, key=lambda word: word.phrase)


def word_values(word: MutedWord) -> Values:
    return {"user_id": word.user_id, "phrase": word.phrase, "created_at": word.created_at, "until": word.until}
