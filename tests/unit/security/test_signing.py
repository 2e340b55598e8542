"""Keys that follow one another: which signs, which are believed, which the world may see."""

from datetime import datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from socialfeed.adapters.security.signing import LEEWAY, LIFETIME, Ed25519Ring, SecretRing, SigningKey, State, turns
from tests.unit.security.forging import NOW, SECRET, Scheme, refusal

SECOND = timedelta(seconds=1)
HANDOVER = NOW + timedelta(days=1)
RETIREMENT = HANDOVER + LIFETIME + LEEWAY


def key(signs_from: datetime) -> SigningKey:
    return SigningKey(Ed25519PrivateKey.generate(), NOW, signs_from)


OLD, NEW = key(NOW), key(HANDOVER)
RING = Ed25519Ring([NEW, OLD])


def by(signing_key: SigningKey) -> Scheme:
    """Signs with this key though another may be due; verifies by the ring of both."""
    return Scheme(RING, signing_key.private.sign)


def forged_by(signing_key: SigningKey, at: datetime) -> str:
    """What a holder of the private key makes, whether or not it is its turn."""
    issued = int(at.timestamp())
    return by(signing_key).forged(header={"kid": signing_key.kid}, iat=issued, exp=issued + 900)


def test_the_newest_key_that_is_due_signs() -> None:
    assert RING.signs(HANDOVER - SECOND).kid == OLD.kid
    assert RING.signs(HANDOVER).kid == NEW.kid


def test_there_always_is_a_key_that_signs_whatever_the_clock_says() -> None:
    early = NOW - timedelta(days=300)

    assert RING.signs(early).kid == OLD.kid
    assert RING.verifies(OLD.kid, early) is not None


def test_a_token_of_the_old_key_counts_until_it_expires_at_the_last_moment_of_that_key() -> None:
    last = by(OLD).issued(at=HANDOVER - SECOND)

    assert jwt.get_unverified_header(last)["kid"] == OLD.kid
    assert by(OLD).tokens.verify(last, HANDOVER + LIFETIME - 2 * SECOND)
    assert refusal(by(OLD), last, HANDOVER + LIFETIME) == "TOKEN_EXPIRED"


def test_a_process_whose_clock_is_behind_still_signs_with_the_old_key_and_is_believed() -> None:
    late = by(OLD).issued(at=HANDOVER - SECOND)

    assert by(OLD).tokens.verify(late, HANDOVER - SECOND + LEEWAY)


def test_21_a_token_of_a_retired_key_is_refused_though_it_has_not_expired() -> None:
    assert by(OLD).tokens.verify(forged_by(OLD, RETIREMENT - SECOND), RETIREMENT - SECOND)
    assert refusal(by(OLD), forged_by(OLD, RETIREMENT), RETIREMENT) == "INVALID_TOKEN"


def test_21_a_token_of_a_key_that_does_not_sign_yet_is_refused_unless_clocks_may_differ_that_much() -> None:
    too_early = HANDOVER - LEEWAY - SECOND

    assert refusal(by(NEW), forged_by(NEW, too_early), too_early) == "INVALID_TOKEN"
    assert by(NEW).tokens.verify(forged_by(NEW, HANDOVER - LEEWAY), HANDOVER - LEEWAY)


def test_a_key_is_published_before_it_signs_and_until_it_is_retired() -> None:
    def kids(at: datetime) -> list[str]:
        return [jwk["kid"] for jwk in RING.published(at)]

    assert kids(NOW) == [OLD.kid, NEW.kid]
    assert kids(RETIREMENT - SECOND) == [OLD.kid, NEW.kid]
    assert kids(RETIREMENT) == [NEW.kid]


def test_what_is_published_is_the_public_half_alone() -> None:
    published = RING.published(NOW)[0]

    assert published == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": OLD.x,
        "kid": OLD.kid,
        "use": "sig",
        "alg": "EdDSA",
    }
    assert SecretRing(SECRET).published(NOW) == []


def test_the_id_of_a_key_is_its_thumbprint() -> None:
    # The key and its thumbprint are those of RFC 8037, appendices A.1 and A.3.
    private = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    example = SigningKey(Ed25519PrivateKey.from_private_bytes(private), NOW, NOW)

    assert example.x == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert example.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_key_goes_through_its_states() -> None:
    old, new = turns([NEW, OLD])

    assert [old.state(at) for at in (NOW, HANDOVER, RETIREMENT)] == [State.SIGNING, State.VERIFYING, State.RETIRED]
    assert [new.state(at) for at in (NOW, HANDOVER, RETIREMENT)] == [State.NEXT, State.SIGNING, State.SIGNING]


def test_a_ring_needs_a_key_and_does_not_show_private_ones() -> None:
    with pytest.raises(ValueError, match="no key"):
        Ed25519Ring([])
    assert "private" not in repr(OLD)
