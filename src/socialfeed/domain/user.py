"""People and the one-time codes that prove their addresses."""

from collections.abc import Container
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from socialfeed.domain import text
from socialfeed.domain.errors import EmailNotVerified, Invalid
from socialfeed.domain.ids import CodeId, UserId
from socialfeed.domain.permissions import USER, Permission, permissions_of

PASSWORD_MIN, PASSWORD_MAX = 8, 256
NAME_MAX, BIO_MAX = 50, 500


class UserStatus(StrEnum):
    UNVERIFIED = "unverified"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class User:
    """An account. Usernames are unique without case; an e-mail address is unique among active accounts only, so
    that nobody can hold, or probe for, an address by registering with it.
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
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(self.roles) if self.is_active else frozenset()

    @property
    def is_active(self) -> bool:
        return self.status is UserStatus.ACTIVE

    def verified(self) -> "User":
        return replace(self, status=UserStatus.ACTIVE)

    def with_password(self, password_hash: str) -> "User":
        return replace(self, password_hash=password_hash)

    def with_role(self, role: str) -> "User":
        return replace(self, roles=self.roles | {role})

    def require_sign_in(self) -> None:
        """Raises `EmailNotVerified` for an account whose address is not proven yet."""
        if self.status is UserStatus.UNVERIFIED:
            raise EmailNotVerified


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
