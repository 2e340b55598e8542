import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from socialfeed.adapters.security import HmacRefreshTokens
from socialfeed.adapters.security.keys import derive_key
from socialfeed.application.ports.security import RefreshTokens
from socialfeed.domain.ids import Kind, SessionId, compose
from socialfeed.testing.contracts.security import RefreshTokensContract
from tests.unit.security.forging import Scheme, eddsa, hs256

SECRET = "a secret of more than thirty-two characters"
KEY = derive_key(SECRET, "refresh tokens")
NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
MS = int(NOW.timestamp() * 1000)
SESSION, OTHER = (SessionId(compose(MS, Kind.SESSION, 1, sequence)) for sequence in range(2))
RANDOM = bytes(range(32))
tokens = HmacRefreshTokens(SECRET)


class TestHmacRefreshTokens(RefreshTokensContract):
    @pytest.fixture
    def refresh_tokens(self) -> RefreshTokens:
        return tokens

    @pytest.fixture
    def foreign_refresh_tokens(self) -> RefreshTokens:
        return HmacRefreshTokens("another secret, also of more than 32 characters")


def forged(key: bytes = KEY, *, session: int = SESSION, random: bytes = RANDOM, digest: str = "sha256") -> str:
    """A token as we issue it, signed with our own key unless another is given."""
    signed = session.to_bytes(8, "big") + random
    return urlsafe_b64encode(signed + hmac.digest(key, signed, digest)).decode()


def test_what_the_forger_makes_is_a_good_token_under_our_own_key() -> None:
    assert tokens.read(forged()) == (forged(), SESSION, sha256(RANDOM).hexdigest())


def test_the_stored_hash_is_that_of_the_random_part_alone() -> None:
    issued = tokens.issue(SESSION)
    random = urlsafe_b64decode(issued.token)[8:40]
    assert issued.token_hash == sha256(random).hexdigest()
    assert len(issued.token) == 96


@pytest.mark.parametrize(
    "key",
    [
        derive_key("some other secret, also of some length", "refresh tokens"),
        derive_key(SECRET, "access tokens"),
        derive_key(SECRET, "one-time codes"),
        SECRET.encode(),
        b"",
        b"\x00" * 32,
    ],
)
def test_a_token_of_another_key_or_use_is_refused(key: bytes) -> None:
    assert tokens.read(forged(key)) is None


def test_a_signature_cannot_be_taken_to_another_session_or_random_part() -> None:
    good, other = urlsafe_b64decode(forged()), urlsafe_b64decode(forged(session=OTHER))
    assert tokens.read(urlsafe_b64encode(other[:8] + good[8:]).decode()) is None
    assert tokens.read(urlsafe_b64encode(good[:8] + bytes(32) + good[40:]).decode()) is None
    assert tokens.read(urlsafe_b64encode(good[:40] + other[40:]).decode()) is None


@pytest.mark.parametrize(
    "token",
    [
        forged(random=RANDOM[:-1]),
        forged(random=RANDOM + b"\x00"),
        forged(digest="sha512"),
        forged(digest="sha1"),
        forged(random=b""),
    ],
)
def test_the_parts_have_one_length(token: str) -> None:
    assert tokens.read(token) is None


def test_other_alphabets_are_refused_though_they_decode_to_the_same() -> None:
    # With these bytes both characters in which the alphabets differ are there.
    token = forged(random=b"\x00" + b"\xfb\xef\xbe" * 9 + b"\xff" * 4)
    assert tokens.read(token) is not None
    assert "-" in token
    assert "_" in token
    assert tokens.read(token.replace("-", "+").replace("_", "/")) is None


@pytest.mark.parametrize("scheme", [hs256(), eddsa()], ids=["HS256", "EdDSA"])
def test_22_an_access_token_is_no_refresh_token(scheme: Scheme) -> None:
    assert tokens.read(scheme.issued()) is None
