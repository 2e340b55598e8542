"""Cursors, sealed with AES-SIV (RFC 5297): deterministic, authenticated, and tied to the list whose name goes along."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from socialfeed.adapters.security.keys import derive_key

_TAG_BYTES = 16


class AesSivCursors:
    """32 characters for a place of one number. AES-SIV-CMAC-256; the list's name is the associated data."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESSIV(derive_key(secret, "cursors"))

    def seal(self, listing: str, place: bytes) -> str:
        return urlsafe_b64encode(self._cipher.encrypt(place, [listing.encode()])).rstrip(b"=").decode()

    def unseal(self, listing: str, cursor: str) -> bytes | None:
        try:
            sealed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
            place = self._cipher.decrypt(sealed, [listing.encode()]) if len(sealed) > _TAG_BYTES else None
        except (ValueError, Base64Error, InvalidTag):
            return None
        # Base64 has more than one way to write most texts: only ours is a cursor.
        return place if place is not None and self.seal(listing, place) == cursor else None
