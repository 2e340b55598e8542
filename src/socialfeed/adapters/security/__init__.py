"""Passwords, one-time codes and access tokens."""

from socialfeed.adapters.security.codes import HmacCodeHasher
from socialfeed.adapters.security.passwords import Argon2PasswordHasher
from socialfeed.adapters.security.tokens import JwtTokens

__all__ = ["Argon2PasswordHasher", "HmacCodeHasher", "JwtTokens"]
