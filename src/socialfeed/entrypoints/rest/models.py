"""What goes over the wire. The names are GraphQL's; the rules for values are the domain's, and only described here."""

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from socialfeed.application.accounts.sessions import SignedIn
from socialfeed.application.views import MediaView, UserView
from socialfeed.domain.graph import ProfileCounts
from socialfeed.domain.user import BIO_MAX, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN
from socialfeed.entrypoints.wire import rfc3339

# `extra_json_schema` tells clients of a rule without a second place that enforces it.
Username = Annotated[str, Meta(extra_json_schema={"pattern": "^[A-Za-z0-9_]{3,30}$"})]
Email = Annotated[str, Meta(extra_json_schema={"format": "email", "maxLength": 254})]
NewPassword = Annotated[
    str, Meta(extra_json_schema={"format": "password", "minLength": PASSWORD_MIN, "maxLength": PASSWORD_MAX})
]
Name = Annotated[str, Meta(extra_json_schema={"maxLength": NAME_MAX})]
Bio = Annotated[str, Meta(extra_json_schema={"maxLength": BIO_MAX})]
Picture = Annotated[str, Meta(extra_json_schema={"format": "uri", "maxLength": 2048})]
Locale = Annotated[str, Meta(description="A language and maybe a region, such as `de` or `es-MX`.")]
Code = Annotated[str, Meta(description="The six digits that were mailed.")]
Id = Annotated[str, Meta(description="An opaque id.")]
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class Body(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What a client sends."""


class Registration(Body, frozen=True):
    """A new account."""

    username: Username
    email: Email
    password: NewPassword
    first_name: Name = ""
    last_name: Name = ""
    bio: Bio = ""


class Verification(Body, frozen=True):
    """Proof of an address."""

    email: Email
    otp_code: Code


class Address(Body, frozen=True):
    """The address of an account."""

    email: Email


class Credentials(Body, frozen=True):
    """A username or an address, and the password."""

    username: str
    password: str


class Refresh(Body, frozen=True):
    """A refresh token: it works once."""

    refresh_token: str


class AccessToken(Body, frozen=True):
    """An access token."""

    token: str


class Reset(Body, frozen=True):
    """A new password, and the code that permits it."""

    email: Email
    otp_code: Code
    new_password: NewPassword


class ProfileChanges(Body, frozen=True):
    """What to change of the own profile; what is left out stays as it is."""

    first_name: Name | UnsetType = UNSET
    last_name: Name | UnsetType = UNSET
    bio: Bio | UnsetType = UNSET
    avatar: Picture | UnsetType | None = UNSET
    is_private: bool | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET


class Result(Struct, frozen=True, rename="camel"):
    """What a client gets."""


class Done(Result, frozen=True):
    """A sentence for people."""

    message: str


class User(Result, frozen=True):
    """A person, as everybody may see them."""

    id: Id
    username: str
    first_name: str
    last_name: str
    bio: str
    avatar: str | None
    is_private: Annotated[bool, Meta(description="Whether only followers see this person's posts.")]
    created_at: Moment


class Account(User, frozen=True):
    """A person, as they see themselves."""

    email: str
    locale: str


class Profile(User, frozen=True):
    """A person, with the counts of their profile."""

    posts_count: int
    followers_count: int
    following_count: int
    is_followed: Annotated[bool, Meta(description="Whether the viewer follows this person.")]


class AccountDone(Done, frozen=True):
    """A sentence for people, and the account it is about."""

    user: Account


class TokenPair(Result, frozen=True):
    """An access token, the refresh token that gets the next pair, and whom they speak for."""

    token: str
    refresh_token: str
    expires_in: Annotated[int, Meta(description="Seconds the access token lives.")]
    user: Account


class TokenOwner(Result, frozen=True):
    """Whom an access token speaks for."""

    user: Account


class Rendition(Result, frozen=True):
    """A smaller picture of a file."""

    url: str
    width: int
    height: int
    content_type: str


class Media(Result, frozen=True):
    """A picture or a video."""

    id: Id
    kind: Annotated[str, Meta(extra_json_schema={"enum": ["IMAGE", "VIDEO"]})]
    status: Annotated[str, Meta(extra_json_schema={"enum": ["PENDING", "READY", "FAILED"]})]
    url: Annotated[str | None, Meta(description="Where it is, below this server; null until it is ready.")]
    content_type: str
    width: Annotated[int | None, Meta(description="Pixels; null until they are known.")]
    height: int | None
    duration: Annotated[float | None, Meta(description="Seconds, of what moves.")]
    blurhash: Annotated[str | None, Meta(description="A blur to show meanwhile: see blurha.sh.")]
    alt_text: str
    renditions: Sequence[Rendition]
    failure: Annotated[str | None, Meta(description="The code of what was wrong with it.")]
    created_at: Moment


class Problem(Result, frozen=True, kw_only=True):
    """Why a request was refused (RFC 9457). Programs go by `code`; `detail` is for people and may change."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    field: Annotated[str, Meta(description="The field of the body at fault.")] | UnsetType = UNSET
    retry_after: Annotated[int, Meta(description="Seconds to wait.")] | UnsetType = UNSET


def account(view: UserView) -> Account:
    return Account(**_person(view), email=view.email or "", locale=view.locale or "")


def profile(view: UserView, counts: ProfileCounts, *, is_followed: bool) -> Profile:
    return Profile(
        **_person(view),
        posts_count=counts.posts,
        followers_count=counts.followers,
        following_count=counts.following,
        is_followed=is_followed,
    )


def media(view: MediaView) -> Media:
    return Media(
        id=str(view.id),
        kind=view.kind,
        status=view.status,
        url=view.url,
        content_type=view.content_type,
        width=view.width,
        height=view.height,
        duration=view.duration,
        blurhash=view.blurhash,
        alt_text=view.alt_text,
        renditions=[Rendition(each.url, each.width, each.height, each.content_type) for each in view.renditions],
        failure=view.failure,
        created_at=rfc3339(view.created_at),
    )


def token_pair(signed_in: SignedIn) -> TokenPair:
    return TokenPair(
        token=signed_in.access.token,
        refresh_token=signed_in.refresh_token,
        expires_in=signed_in.access.expires_in,
        user=account(signed_in.user),
    )


def _person(view: UserView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "username": view.username,
        "first_name": view.first_name,
        "last_name": view.last_name,
        "bio": view.bio,
        "avatar": view.avatar,
        "is_private": view.is_private,
        "created_at": rfc3339(view.created_at),
    }
