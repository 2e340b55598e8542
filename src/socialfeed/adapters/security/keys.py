"""One secret, a key for each use."""

import hmac
from hashlib import sha256

_SALT = b"socialfeed"


def derive_key(secret: str, use: str) -> bytes:
    """32 bytes for one use, by HKDF-SHA-256 (RFC 5869). Keys of different uses tell nothing of one another: a
    hash of one kind can never pass for a signature of another.
    """
    pseudorandom = hmac.digest(_SALT, secret.encode(), sha256)
    return hmac.digest(pseudorandom, use.encode() + b"\x01", sha256)
