"""Access tokens of both kinds, and what a forger may try. Statement 21 of the security contract."""

from datetime import timedelta
from typing import Any

import pytest

from socialfeed.adapters.security import HmacRefreshTokens, JwtTokens, SecretRing
from socialfeed.adapters.security.keys import derive_key
from socialfeed.application.ports.security import Tokens
from socialfeed.domain.errors import Unauthenticated
from socialfeed.domain.ids import Kind, compose
from socialfeed.testing.contracts.security import TokensContract
from tests.unit.security.forging import (
    ADA,
    CLAIMS,
    NOW,
    SECRET,
    SESSION,
    Scheme,
    decoded,
    eddsa,
    encoded,
    hmac_signer,
    hs256,
    json_part,
    refusal,
)

SCHEMES = {"HS256": hs256, "EdDSA": eddsa}


@pytest.fixture(params=sorted(SCHEMES))
def scheme(request: pytest.FixtureRequest) -> Scheme:
    made: Scheme = SCHEMES[request.param]()
    return made


class TestTokensUnderASecret(TokensContract):
    @pytest.fixture
    def tokens(self) -> Tokens:
        return hs256().tokens

    @pytest.fixture
    def foreign_tokens(self) -> Tokens:
        return JwtTokens(SecretRing("another secret, also of more than 32 characters"))


class TestTokensUnderKeys(TokensContract):
    @pytest.fixture
    def tokens(self) -> Tokens:
        return eddsa().tokens

    @pytest.fixture
    def foreign_tokens(self) -> Tokens:
        return eddsa().tokens


def test_a_token_names_its_user_and_session_until_it_expires(scheme: Scheme) -> None:
    token, expires_in = scheme.tokens.issue(ADA, SESSION, NOW)

    assert expires_in == 15 * 60
    assert scheme.tokens.verify(token, NOW) == CLAIMS
    assert scheme.tokens.verify(token, NOW + timedelta(seconds=expires_in - 1)) == CLAIMS
    assert refusal(scheme, token, NOW + timedelta(seconds=expires_in)) == "TOKEN_EXPIRED"


def test_the_lifetime_can_be_set(scheme: Scheme) -> None:
    brief = JwtTokens(scheme.ring, issuer="i", audience="a", lifetime=timedelta(seconds=30))
    token, expires_in = brief.issue(ADA, SESSION, NOW)

    assert expires_in == 30
    with pytest.raises(Unauthenticated):
        brief.verify(token, NOW + timedelta(seconds=30))


def test_no_lifetime_is_longer_than_retired_keys_are_kept_for(scheme: Scheme) -> None:
    with pytest.raises(ValueError, match="no access token lives longer"):
        JwtTokens(scheme.ring, lifetime=timedelta(minutes=15, seconds=1))


def test_a_token_carries_every_registered_claim_and_no_two_are_the_same(scheme: Scheme) -> None:
    header, claims = (decoded(part) for part in scheme.issued().split(".")[:2])

    assert set(header) == {"alg", "kid", "typ"}
    assert set(claims) == {"iss", "aud", "exp", "iat", "jti", "sid", "sub", "typ"}
    assert claims["typ"] == "access"
    assert scheme.issued() != scheme.issued()


def test_what_the_forger_makes_is_a_good_token_before_it_is_changed(scheme: Scheme) -> None:
    assert scheme.tokens.verify(scheme.forged(), NOW) == CLAIMS


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "jti", "sid", "sub", "typ"])
def test_21_no_claim_may_be_missing(scheme: Scheme, claim: str) -> None:
    assert refusal(scheme, scheme.forged(without=claim)) == "INVALID_TOKEN"


@pytest.mark.parametrize(
    "claims",
    [
        {"typ": "refresh"},
        {"iss": "https://other.example"},
        {"aud": "others"},
        {"aud": ["socialfeed"]},
        {"sub": "1"},
        {"sub": int(ADA)},
        {"sub": f"0{ADA}"},
        {"sub": str(compose(0, Kind.POST, 1, 0))},
        {"sid": "1"},
        {"sid": int(SESSION)},
        {"sid": f"0{SESSION}"},
        {"sid": str(ADA)},
        {"sid": None},
        {"jti": 7},
        {"typ": None},
        {"exp": True},
        {"exp": 1e12},
        {"exp": float("inf")},
        {"exp": "9999999999"},
        {"exp": None},
        {"exp": 10**18},
        {"iat": -1},
        {"iat": "yesterday"},
        {"nbf": "tomorrow"},
    ],
    ids=str,
)
def test_21_a_claim_of_a_wrong_value_or_kind_is_refused_though_the_signature_is_good(
    scheme: Scheme, claims: dict[str, Any]
) -> None:
    assert refusal(scheme, scheme.forged(**claims)) == "INVALID_TOKEN"


def test_21_a_token_from_the_future_is_refused_unless_clocks_may_differ_that_much(scheme: Scheme) -> None:
    seconds = int(NOW.timestamp())

    assert refusal(scheme, scheme.forged(iat=seconds + 180)) == "INVALID_TOKEN"
    assert refusal(scheme, scheme.forged(nbf=seconds + 180)) == "INVALID_TOKEN"
    assert scheme.tokens.verify(scheme.forged(iat=seconds + 90), NOW) == CLAIMS


def test_a_token_of_another_key_or_use_is_refused() -> None:
    scheme = hs256()

    for key in (
        derive_key("some other secret, also of some length", "access tokens"),
        derive_key(SECRET, "one-time codes"),
        SECRET.encode(),
        b"\x00" * 32,
    ):
        assert refusal(scheme, scheme.forged(hmac_signer(key))) == "INVALID_TOKEN"


def test_a_token_of_another_private_key_under_the_id_of_ours_is_refused() -> None:
    scheme = eddsa()

    assert refusal(scheme, scheme.forged(eddsa().sign)) == "INVALID_TOKEN"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_21_a_token_without_a_signature_is_refused(scheme: Scheme, algorithm: str) -> None:
    header, claims, signature = scheme.forged().split(".")
    unsigned = json_part(decoded(header) | {"alg": algorithm})

    assert refusal(scheme, f"{unsigned}.{claims}.") == "INVALID_TOKEN"
    assert refusal(scheme, f"{unsigned}.{claims}.{signature}") == "INVALID_TOKEN"
    assert refusal(scheme, f"{header}.{claims}.") == "INVALID_TOKEN"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA", "Ed25519"])
def test_21_the_header_cannot_choose_the_algorithm(scheme: Scheme, algorithm: str) -> None:
    if algorithm == scheme.ring.algorithm:
        assert scheme.tokens.verify(scheme.forged(header={"alg": algorithm}), NOW) == CLAIMS
    else:
        assert refusal(scheme, scheme.forged(header={"alg": algorithm})) == "INVALID_TOKEN"


@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_21_a_public_key_is_no_hmac_secret(digest: str) -> None:
    scheme = eddsa()
    algorithm = {"sha256": "HS256", "sha512": "HS512"}[digest]

    for secret in scheme.public_spellings():
        for header in ({"alg": algorithm}, {}):
            forged = scheme.forged(hmac_signer(secret, digest), header=header)
            assert refusal(scheme, forged) == "INVALID_TOKEN"


def test_21_a_token_of_one_kind_is_none_of_the_other() -> None:
    keys, secret = eddsa(), hs256()

    assert refusal(keys, secret.issued()) == "INVALID_TOKEN"
    assert refusal(secret, keys.issued()) == "INVALID_TOKEN"
    assert refusal(secret, secret.forged(keys.sign, header={"alg": "EdDSA"})) == "INVALID_TOKEN"


def test_21_a_header_cannot_bring_its_own_key() -> None:
    ours, theirs = eddsa(), eddsa()
    jwk = theirs.ring.published(NOW)[0]

    for header in (
        {"jwk": jwk},
        {"jwk": jwk, "kid": jwk["kid"]},
        {"kid": jwk["kid"]},
        {"jku": "https://evil.example/jwks.json", "kid": jwk["kid"]},
    ):
        assert refusal(ours, ours.forged(theirs.sign, header=header)) == "INVALID_TOKEN"


@pytest.mark.parametrize(
    "extra",
    [
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MIIB"]},
        {"crit": ["b64"], "b64": True},
        {"kid": "another"},
        {"kid": "../../dev/null"},
        {"kid": "' OR 1=1 --"},
        {"kid": ""},
        {"kid": None},
        {"kid": 7},
        {"kid": ["a"]},
        {"typ": "at+jwt"},
        {"typ": None},
        {"cty": "JWT"},
    ],
    ids=str,
)
def test_21_nothing_in_the_header_may_point_to_another_key(scheme: Scheme, extra: dict[str, Any]) -> None:
    assert refusal(scheme, scheme.forged(header=extra)) == "INVALID_TOKEN"


def test_22_a_refresh_token_is_no_access_token(scheme: Scheme) -> None:
    assert refusal(scheme, HmacRefreshTokens(SECRET).issue(SESSION).token) == "INVALID_TOKEN"


def test_deeply_nested_json_is_refused(scheme: Scheme) -> None:
    nested = encoded(b"[" * 700)

    assert refusal(scheme, f"{nested}.{nested}.x") == "INVALID_TOKEN"
