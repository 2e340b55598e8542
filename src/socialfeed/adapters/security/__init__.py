"""Passwords, one-time codes, access tokens, refresh tokens and cursors."""

from socialfeed.adapters.security.codes import HmacCodeHasher
from socialfeed.adapters.security.common_passwords import load_common_passwords
from socialfeed.adapters.security.cursors import AesSivCursors
from socialfeed.adapters.security.key_file import KeyFileRing
from socialfeed.adapters.security.passwords import Argon2PasswordHasher
from socialfeed.adapters.security.refresh import HmacRefreshTokens
from socialfeed.adapters.security.signing import KeyRing, SecretRing
from socialfeed.adapters.security.tokens import JwtTokens

__all__ = [
    "AesSivCursors",
    "Argon2PasswordHasher",
    "HmacCodeHasher",
    "HmacRefreshTokens",
    "JwtTokens",
    "KeyFileRing",
    "KeyRing",
    "SecretRing",
    "load_common_passwords",
]
