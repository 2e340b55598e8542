"""People and the one-time codes that prove their addresses."""

from collections.abc import Container
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from socialfeed.domain import text
from socialfeed.domain.errors import AccountBanned, EmailNotVerified, Invalid, InvalidCredentials
from socialfeed.domain.ids import CodeId, UserId
from socialfeed.domain.permissions import USER

PASSWORD_MIN, PASSWORD_MAX = 8, 256
NAME_MAX, BIO_MAX = 50, 500

ERASED_AFTER = timedelta(days=14)
"""How long a deleted account waits for its owner to come back."""

_ERASED_PREFIX = "deleted_"
"""Nobody registers by such a name: whoever held another's could keep that account from being erased."""


class UserStatus(StrEnum):
    """Only what an active account wrote is shown to others."""

    UNVERIFIED = "unverified"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    """By its owner, who comes back by signing in."""
    BANNED = "banned"
    ERASED = "erased"
    """Nothing personal is left of it."""


@dataclass(frozen=True, slots=True)
class User:
    """An account. Usernames are unique without case; an e-mail address is unique among the accounts that have proven
    theirs, so that nobody can hold, or probe for, an address by registering with it. `new_email` waits to be proven.
    A deleted account is deactivated and has a moment, `erase_at`, from which on nothing brings it back.
    """

    id: UserId
    username: str
    email: str
    password_hash: str = field(repr=False)
    first_name: str
    last_name: str
    bio: str
    created_at: datetime
    status: UserStatus = UserStatus.UNVERIFIED
    roles: frozenset[str] = frozenset({USER.name})
    avatar_url: str | None = None
    is_private: bool = False
    locale: str = text.DEFAULT_LOCALE
    new_email: str | None = None
    erase_at: datetime | None = None

    @classmethod
    def register(
        cls,
        user_id: UserId,
        *,
        username: str,
        email: str,
        password_hash: str,
        first_name: str = "",
        last_name: str = "",
        bio: str = "",
        at: datetime,
    ) -> "User":
        """A new, unverified account. Raises `Invalid` naming the field that breaks a rule."""
        if username.lower().startswith(_ERASED_PREFIX):
            raise Invalid("This name is reserved.", code="INVALID_USERNAME", field="username")
        return cls(
            id=user_id,
            username=text.clean_username(username),
            email=text.clean_email(email),
            password_hash=password_hash,
            first_name=text.clean(first_name, "first_name", maximum=NAME_MAX),
            last_name=text.clean(last_name, "last_name", maximum=NAME_MAX),
            bio=text.clean(bio, "bio", maximum=BIO_MAX, lines=True),
            created_at=at,
        )

    @property
    def is_active(self) -> bool:
        return self.status is UserStatus.ACTIVE

    @property
    def is_proven(self) -> bool:
        """Whether the address was once proven to be the owner's."""
        return self.status is not UserStatus.UNVERIFIED

    def require_sign_in(self) -> None:
        """Raises `EmailNotVerified` for an account whose address is not proven yet, `AccountBanned`, and
        `InvalidCredentials` for one that is erased.
        """
        if self.status is UserStatus.UNVERIFIED:
            raise EmailNotVerified
        if self.status is UserStatus.BANNED:
            raise AccountBanned
        if self.status is UserStatus.ERASED:
            raise InvalidCredentials

    def verified(self) -> "User":
        return replace(self, status=UserStatus.ACTIVE)

    def with_password(self, password_hash: str) -> "User":
        return replace(self, password_hash=password_hash)

    def with_role(self, role: str) -> "User":
        return replace(self, roles=self.roles | {role})

    def without_role(self, role: str) -> "User":
        return replace(self, roles=self.roles - {role})

    def with_profile(
        self,
        *,
        first_name: str | None = None,
        last_name: str | None = None,
        bio: str | None = None,
        avatar_url: str | None = None,
        is_private: bool | None = None,
        locale: str | None = None,
    ) -> "User":
        """None leaves a field as it is; an empty `avatar_url` removes the picture. Raises `Invalid` naming the
        field.
        """
        changed = self
        if first_name is not None:
            changed = replace(changed, first_name=text.clean(first_name, "first_name", maximum=NAME_MAX))
        if last_name is not None:
            changed = replace(changed, last_name=text.clean(last_name, "last_name", maximum=NAME_MAX))
        if bio is not None:
            changed = replace(changed, bio=text.clean(bio, "bio", maximum=BIO_MAX, lines=True))
        if avatar_url is not None:
            url = text.clean_url(avatar_url, "avatar_url") if avatar_url else None
            changed = replace(changed, avatar_url=url)
        if is_private is not None:
            changed = replace(changed, is_private=is_private)
        if locale is not None:
            changed = replace(changed, locale=text.clean_locale(locale))
        return changed

    def asking_for_email(self, email: str) -> "User":
        """With a new address that waits for its code. Raises `Invalid`."""
        return replace(self, new_email=text.clean_email(email, "new_email"))

    def with_new_email(self) -> "User":
        """With the address it asked for, now proven."""
        return replace(self, email=self.new_email or self.email, new_email=None)

    def banned(self) -> "User":
        return replace(self, status=UserStatus.BANNED)

    def unbanned(self) -> "User":
        """As it was: a deleted account goes on waiting for its owner. Only a banned one changes."""
        if self.status is not UserStatus.BANNED:
            return self
        return replace(self, status=UserStatus.ACTIVE if self.erase_at is None else UserStatus.DEACTIVATED)

    def deactivated(self, *, erase_at: datetime | None = None) -> "User":
        return replace(self, status=UserStatus.DEACTIVATED, erase_at=erase_at)

    def returned(self) -> "User":
        """Of an owner who signed in: an active account, whatever was planned for it."""
        return replace(self, status=UserStatus.ACTIVE, erase_at=None)

    def erased(self) -> "User":
        """What stays when the grace is over: an id that nothing personal hangs on, and that nobody signs in to."""
        return User(
            id=self.id,
            username=f"{_ERASED_PREFIX}{self.id}",
            email=f"{self.id}@deleted.invalid",
            password_hash="",
            first_name="",
            last_name="",
            bio="",
            created_at=self.created_at,
            status=UserStatus.ERASED,
            roles=frozenset(),
        )


def check_password(password: str, common: Container[str], *, field: str = "password") -> str:
    """Length is the only rule of composition (NIST 800-63B): 8 to 256 characters, any of them; but not one of those
    that everybody tries first, which `common` holds in lower case. `field` is the argument to blame.
    """
    if len(password) < PASSWORD_MIN:
        raise Invalid(f"At least {PASSWORD_MIN} characters, please.", code="PASSWORD_TOO_SHORT", field=field)
    if len(password) > PASSWORD_MAX:
        raise Invalid(f"At most {PASSWORD_MAX} characters, please.", code="PASSWORD_TOO_LONG", field=field)
    try:
        password.encode()
    except UnicodeEncodeError:
        raise Invalid("This is not valid text.", code="INVALID_CHARACTER", field=field) from None
    if password.lower() in common:
        raise Invalid("Too many people use this password.", code="PASSWORD_TOO_COMMON", field=field)
    return password


class CodePurpose(StrEnum):
    """What a code is good for; a code for one purpose opens nothing else."""

    VERIFY = "verify"
    RESET = "reset"
    EMAIL = "email"


CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """Six digits mailed to a user, kept as a keyed hash. A user has at most one for each purpose; a new one replaces
    the old.
    """

    id: CodeId
    user_id: UserId
    purpose: CodePurpose
    code_hash: str = field(repr=False)
    expires_at: datetime
    tries: int = 0

    @classmethod
    def issue(
        cls, code_id: CodeId, user_id: UserId, purpose: CodePurpose, code_hash: str, *, at: datetime
    ) -> "OneTimeCode":
        return cls(code_id, user_id, purpose, code_hash, expires_at=at + CODE_LIFE)

    def is_live(self, at: datetime) -> bool:
        return self.tries < CODE_TRIES and at < self.expires_at

    def tried(self) -> "OneTimeCode":
        return replace(self, tries=self.tries + 1)
