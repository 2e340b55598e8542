"""Access tokens: signed statements that a user signed in a little while ago."""

import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt

from socialfeed.adapters.security.keys import derive_key
from socialfeed.application.ports.security import AccessToken, Claims
from socialfeed.domain.errors import Invalid, Unauthenticated
from socialfeed.domain.ids import SessionId, UserId, parse_session_id, parse_user_id

LIFETIME = timedelta(minutes=15)
LEEWAY = timedelta(minutes=2)
"""How far the clock of the issuing process may run ahead. Expiry needs no leeway."""

_ALGORITHM = "HS256"
_TYPE = "access"
_MAX_LENGTH = 2048
_CLAIMS = ("iss", "aud", "sub", "sid", "jti", "typ", "iat", "exp")
_END_OF_TIME = 253_402_300_799
"""The last second that a `datetime` can tell."""


class JwtTokens:
    """JWTs by the rules of RFC 8725: one algorithm that no header can change, a header of known parameters so
    that nothing in a token chooses the key, and every claim required and checked.
    """

    def __init__(
        self,
        secret: str,
        *,
        issuer: str = "socialfeed",
        audience: str = "socialfeed",
        lifetime: timedelta = LIFETIME,
    ) -> None:
        self._key = derive_key(secret, "access tokens")
        self._kid = sha256(b"key id" + self._key).hexdigest()[:12]
        self._header = {"alg": _ALGORITHM, "kid": self._kid, "typ": "JWT"}
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
        token = jwt.encode(claims, self._key, _ALGORITHM, headers={"kid": self._kid})
        return AccessToken(token, self._lifetime)

    def verify(self, token: str, at: datetime) -> Claims:
        claims = self._signed_claims(token)
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

    def _signed_claims(self, token: str) -> dict[str, Any]:
        """Claims under a good signature, from our issuer to our audience, none missing. Time is left to the
        caller, who has the clock.
        """
        if not token.isascii() or len(token) > _MAX_LENGTH:
            raise _invalid()
        try:
            if jwt.get_unverified_header(token) != self._header:
                raise _invalid()
            return jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
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
