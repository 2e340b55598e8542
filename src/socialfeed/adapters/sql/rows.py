"""Rows to entities and back.

A row is any tuple that holds the columns named beside its function, in that order; it may come from the engine, from
psycopg or from sqlite3. The last two know nothing of our column types, so these functions do.
"""

import json
from collections.abc import Sequence
from typing import Any

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.application.ports.storage import Profile
from socialfeed.domain.comment import Comment
from socialfeed.domain.engagement import Like, Share
from socialfeed.domain.events import Envelope, event_from
from socialfeed.domain.graph import Follow
from socialfeed.domain.post import Post
from socialfeed.domain.session import Session
from socialfeed.domain.user import CodePurpose, OneTimeCode, User, UserStatus

Row = Sequence[Any]
Values = dict[str, Any]

_u = tables.users.c

USER = (
    _u.id,
    _u.username,
    _u.email,
    _u.password_hash,
    _u.first_name,
    _u.last_name,
    _u.bio,
    _u.created_at,
    _u.status,
    _u.roles,
)


def user_from_row(row: Row) -> User:
    id_, username, email, password_hash, first_name, last_name, bio, created_at, status, roles = row
    return User(
        id_,
        username,
        email,
        password_hash,
        first_name,
        last_name,
        bio,
        to_datetime(created_at),
        UserStatus(status),
        frozenset(roles.split(",")) if roles else frozenset(),
    )


def user_values(user: User) -> Values:
    return {
        "id": user.id,
        "username": user.username,
        "username_key": user.username.lower(),
        "email": user.email,
        "password_hash": user.password_hash,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "bio": user.bio,
        "created_at": user.created_at,
        "status": user.status.value,
        "roles": ",".join(sorted(user.roles)),
    }


PROFILE = (_u.id, _u.username, _u.first_name, _u.last_name, _u.bio, _u.created_at, _u.status)


def profile_from_row(row: Row) -> Profile:
    id_, username, first_name, last_name, bio, created_at, status = row
    active = status == UserStatus.ACTIVE
    return Profile(id_, username, first_name, last_name, bio, to_datetime(created_at), active)


_k = tables.codes.c

CODE = (_k.id, _k.user_id, _k.purpose, _k.code_hash, _k.expires_at, _k.tries)


def code_from_row(row: Row) -> OneTimeCode:
    id_, user_id, purpose, code_hash, expires_at, tries = row
    return OneTimeCode(id_, user_id, CodePurpose(purpose), code_hash, to_datetime(expires_at), tries)


def code_values(code: OneTimeCode) -> Values:
    return {
        "id": code.id,
        "user_id": code.user_id,
        "purpose": code.purpose.value,
        "code_hash": code.code_hash,
        "expires_at": code.expires_at,
        "tries": code.tries,
    }


SESSION = tuple(
    tables.sessions.c[name]
    for name in (
        "id",
        "user_id",
        "token_hash",
        "generation",
        "created_at",
        "used_at",
        "expires_at",
        "address",
        "user_agent",
    )
)


def session_from_row(row: Row) -> Session:
    id_, user_id, token_hash, generation, created_at, used_at, expires_at, address, user_agent = row
    return Session(
        id_,
        user_id,
        token_hash,
        generation,
        to_datetime(created_at),
        to_datetime(used_at),
        to_datetime(expires_at),
        address,
        user_agent,
    )


def session_values(session: Session) -> Values:
    return {
        "id": session.id,
        "user_id": session.user_id,
        "token_hash": session.token_hash,
        "generation": session.generation,
        "created_at": session.created_at,
        "used_at": session.used_at,
        "expires_at": session.expires_at,
        "address": session.address,
        "user_agent": session.user_agent,
    }


_p = tables.posts.c

POST = (_p.id, _p.author_id, _p.content, _p.image_url, _p.created_at)


def post_from_row(row: Row) -> Post:
    id_, author_id, content, image_url, created_at = row
    return Post(id_, author_id, content, image_url, to_datetime(created_at))


def post_values(post: Post) -> Values:
    return {
        "id": post.id,
        "author_id": post.author_id,
        "content": post.content,
        "image_url": post.image_url,
        "created_at": post.created_at,
    }


COMMENT = tuple(
    tables.comments.c[name] for name in ("id", "post_id", "author_id", "parent_id", "depth", "content", "created_at")
)


def comment_from_row(row: Row) -> Comment:
    id_, post_id, author_id, parent_id, depth, content, created_at = row
    parent = None if parent_id == post_id else parent_id
    return Comment(id_, post_id, author_id, parent, depth, content, to_datetime(created_at))


def comment_values(comment: Comment) -> Values:
    return {
        "id": comment.id,
        "post_id": comment.post_id,
        "author_id": comment.author_id,
        "parent_id": comment.post_id if comment.parent_id is None else comment.parent_id,
        "depth": comment.depth,
        "content": comment.content,
        "created_at": comment.created_at,
    }


REACTION = ("id", "post_id", "user_id", "created_at")


def like_from_row(row: Row) -> Like:
    id_, post_id, user_id, created_at = row
    return Like(id_, post_id, user_id, to_datetime(created_at))


def share_from_row(row: Row) -> Share:
    id_, post_id, user_id, created_at = row
    return Share(id_, post_id, user_id, to_datetime(created_at))


def reaction_values(reaction: Like | Share) -> Values:
    return {
        "id": reaction.id,
        "post_id": reaction.post_id,
        "user_id": reaction.user_id,
        "created_at": reaction.created_at,
    }


_f = tables.follows.c

FOLLOW = (_f.id, _f.follower_id, _f.followee_id, _f.created_at)


def follow_from_row(row: Row) -> Follow:
    id_, follower_id, followee_id, created_at = row
    return Follow(id_, follower_id, followee_id, to_datetime(created_at))


def follow_values(follow: Follow) -> Values:
    return {
        "id": follow.id,
        "follower_id": follow.follower_id,
        "followee_id": follow.followee_id,
        "created_at": follow.created_at,
    }


_o = tables.outbox.c

ENVELOPE = (_o.id, _o.name, _o.payload, _o.at)


def envelope_from_row(row: Row) -> Envelope:
    """Raises `KeyError` or `TypeError` for an event of a newer version than this."""
    id_, name, payload, at = row
    return Envelope(id_, event_from(name, json.loads(payload)), to_datetime(at))


def envelope_values(envelope: Envelope) -> Values:
    return {
        "id": envelope.id,
        "name": envelope.event.name,
        "payload": json.dumps(envelope.event.payload(), separators=(",", ":")),
        "at": envelope.at,
        "attempts": 0,
    }
