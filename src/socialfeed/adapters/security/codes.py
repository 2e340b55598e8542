"""One-time codes as keyed, salted hashes."""

import hmac
import secrets
from hashlib import sha256

from socialfeed.adapters.security.keys import derive_key
from socialfeed.domain.ids import UserId

_SALT_BYTES = 8


class HmacCodeHasher:
    """HMAC-SHA-256 over salt, user, purpose and code: `<salt>.<digest>` in hexadecimal, 81 characters."""

    def __init__(self, secret: str) -> None:
        self._key = derive_key(secret, "one-time codes")

    def new_code(self) -> str:
        return f"{secrets.randbelow(1_000_000):06d}"

    def hash(self, user_id: UserId, purpose: str, code: str) -> str:
        return self._hash(secrets.token_hex(_SALT_BYTES), user_id, purpose, code)

    def matches(self, user_id: UserId, purpose: str, code: str, code_hash: str) -> bool:
        expected = self._hash(code_hash.partition(".")[0], user_id, purpose, code)
        return hmac.compare_digest(expected.encode(), code_hash.encode())

    def _hash(self, salt: str, user_id: UserId, purpose: str, code: str) -> str:
        # With its length said, no part of a purpose passes for the beginning of a code. A code is what somebody
        # typed: it may hold what UTF-8 does not.
        message = f"{salt}.{user_id}.{len(purpose)}.{purpose}.{code}".encode("utf-8", "surrogatepass")
        return f"{salt}.{hmac.new(self._key, message, sha256).hexdigest()}"
