"""Access tokens: signed statements that a user signed in a little while ago."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from socialfeed.adapters.security.signing import LEEWAY, LIFETIME, KeyRing
from socialfeed.application.ports.security import AccessToken, Claims
from socialfeed.domain.errors import Invalid, Unauthenticated
from socialfeed.domain.ids import SessionId, UserId, parse_session_id, parse_user_id

_TYPE = "access"
_MAX_LENGTH = 2048
_CLAIMS = ("iss", "aud", "sub", "sid", "jti", "typ", "iat", "exp")
_END_OF_TIME = 253_402_300_799
"""The last second that a `datetime` can tell."""


class JwtTokens:
    """JWTs by the rules of RFC 8725: one algorithm that no header can change, a header of known parameters so that
    nothing in a token brings a key (its `kid` chooses among ours), and every claim required and checked.
    """

    def __init__(
        self,
        keys: KeyRing,
        *,
        issuer: str = "socialfeed",
        audience: str = "socialfeed",
        lifetime: timedelta = LIFETIME,
    ) -> None:
        if lifetime > LIFETIME:
            raise ValueError(f"no access token lives longer than {LIFETIME}: its key would be retired before it")
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._lifetime = int(lifetime.total_seconds())

    def issue(self, user_id: UserId, session_id: SessionId, at: datetime) -> AccessToken:
        issued = int(at.timestamp())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(user_id),
            "sid": str(session_id),
            "jti": secrets.token_urlsafe(16),
            "typ": _TYPE,
            "iat": issued,
            "exp": issued + self._lifetime,
        }
        kid, key = self._keys.signs(at)
        token = jwt.encode(claims, key, self._keys.algorithm, headers={"kid": kid})
        return AccessToken(token, self._lifetime)

    def verify(self, token: str, at: datetime) -> Claims:
        claims = self._signed_claims(token, at)
        if any(not isinstance(claims[name], str) for name in ("sub", "sid", "jti", "typ")) or claims["typ"] != _TYPE:
            raise _invalid()
        now = at.timestamp()
        # `_moment` refuses what is no number before anything is compared with it.
        issued, expires = _moment(claims["iat"]), _moment(claims["exp"])
        starts = max(issued, _moment(claims.get("nbf", issued)))
        if starts > now + LEEWAY.total_seconds():
            raise _invalid()
        if expires <= now:
            raise Unauthenticated("Your session has expired. Sign in again.", code="TOKEN_EXPIRED")
        try:
            user_id, session_id = parse_user_id(claims["sub"]), parse_session_id(claims["sid"])
        except Invalid:
            raise _invalid() from None
        return Claims(user_id, session_id, datetime.fromtimestamp(expires, UTC))

    def _signed_claims(self, token: str, at: datetime) -> dict[str, Any]:
        """Claims under a good signature of a key that counts at that moment, from our issuer to our audience, none
        missing. The times in the claims are left to the caller.
        """
        if not token.isascii() or len(token) > _MAX_LENGTH:
            raise _invalid()
        try:
            header = jwt.get_unverified_header(token)
            kid = header.get("kid")
            key = self._keys.verifies(kid, at) if isinstance(kid, str) else None
            if key is None or header != {"alg": self._keys.algorithm, "kid": kid, "typ": "JWT"}:
                raise _invalid()
            return jwt.decode(
                token,
                key,
                algorithms=[self._keys.algorithm],
                issuer=self._issuer,
                audience=self._audience,
                options={
                    "require": list(_CLAIMS),
                    "strict_aud": True,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.InvalidTokenError, RecursionError):
            raise _invalid() from None


def _moment(value: object) -> int:
    """Unix seconds. JSON's other numbers (1e400, NaN) and true are none."""
    if type(value) is not int or not 0 <= value <= _END_OF_TIME:
        raise _invalid()
    return value


def _invalid() -> Unauthenticated:
    return Unauthenticated("This token is not valid. Sign in again.", code="INVALID_TOKEN")
