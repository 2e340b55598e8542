"""Accounts, profiles and one-time codes."""

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.application.ports.readers import Profile
from socialfeed.domain.user import CodePurpose, OneTimeCode, User, UserStatus

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
    _u.avatar_url,
    _u.is_private,
    _u.locale,
    _u.new_email,
    _u.erase_at,
)


def user_from_row(row: Row) -> User:
    id_, username, email, password_hash, first_name, last_name, bio, created_at, status, roles, *more = row
    avatar_url, is_private, locale, new_email, erase_at = more
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
        avatar_url,
        bool(is_private),
        locale,
        new_email,
        None if erase_at is None else to_datetime(erase_at),
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
        "avatar_url": user.avatar_url,
        "is_private": user.is_private,
        "locale": user.locale,
        "new_email": user.new_email,
        "erase_at": user.erase_at,
    }


PROFILE = (
    _u.id,
    _u.username,
    _u.first_name,
    _u.last_name,
    _u.bio,
    _u.created_at,
    _u.status,
    _u.avatar_url,
    _u.is_private,
)


def profile_from_row(row: Row) -> Profile:
    id_, username, first_name, last_name, bio, created_at, status, avatar_url, is_private = row
    active = status == UserStatus.ACTIVE
    at = to_datetime(created_at)
    return Profile(id_, username, first_name, last_name, bio, at, active, avatar_url, bool(is_private))


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
