import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from socialfeed.adapters.security import HmacRefreshTokens, JwtTokens
from socialfeed.adapters.security.keys import derive_key
from socialfeed.application.ports.security import Claims, Tokens
from socialfeed.domain.errors import Unauthenticated
from socialfeed.domain.ids import Kind, SessionId, UserId, compose
from socialfeed.testing.contracts.security import TokensContract

SECRET = "a secret of more than thirty-two characters"
KEY = derive_key(SECRET, "access tokens")
NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
ADA = UserId(compose(int(NOW.timestamp() * 1000), Kind.USER, 1, 0))
SESSION = SessionId(compose(int(NOW.timestamp() * 1000), Kind.SESSION, 1, 0))
CLAIMS = Claims(ADA, SESSION, NOW + timedelta(minutes=15))
tokens = JwtTokens(SECRET)


class TestJwtTokens(TokensContract):
    @pytest.fixture
    def tokens(self) -> Tokens:
        return tokens

    @pytest.fixture
    def foreign_tokens(self) -> Tokens:
        return JwtTokens("another secret, also of more than 32 characters")


def issued() -> str:
    return tokens.issue(ADA, SESSION, NOW).token


def decoded(part: str) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=="))
    return fields


def encoded(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def forged(
    key: bytes = KEY,
    *,
    header: dict[str, Any] | None = None,
    digest: str = "sha256",
    without: str = "",
    **claims: Any,
) -> str:
    """A token as we issue it, but for what is given; signed with our own key unless another is given."""
    good_header, good_claims, _ = issued().split(".")
    payload = {name: value for name, value in (decoded(good_claims) | claims).items() if name != without}
    head = decoded(good_header) | (header or {})
    signed = f"{encoded(json.dumps(head).encode())}.{encoded(json.dumps(payload).encode())}"
    return f"{signed}.{encoded(hmac.digest(key, signed.encode(), digest))}"


def refusal(token: str, at: datetime = NOW) -> str:
    with pytest.raises(Unauthenticated) as refused:
        tokens.verify(token, at)
    return refused.value.code


def test_a_token_names_its_user_and_session_until_it_expires() -> None:
    token, expires_in = tokens.issue(ADA, SESSION, NOW)

    assert expires_in == 15 * 60
    assert tokens.verify(token, NOW) == CLAIMS
    assert tokens.verify(token, NOW + timedelta(seconds=expires_in - 1)) == CLAIMS
    assert refusal(token, NOW + timedelta(seconds=expires_in)) == "TOKEN_EXPIRED"


def test_the_lifetime_can_be_set() -> None:
    brief = JwtTokens(SECRET, issuer="i", audience="a", lifetime=timedelta(seconds=30))
    token, expires_in = brief.issue(ADA, SESSION, NOW)

    assert expires_in == 30
    with pytest.raises(Unauthenticated):
        brief.verify(token, NOW + timedelta(seconds=30))


def test_a_token_carries_every_registered_claim_and_no_two_are_the_same() -> None:
    header, claims = (decoded(part) for part in issued().split(".")[:2])

    assert set(header) == {"alg", "kid", "typ"}
    assert set(claims) == {"iss", "aud", "exp", "iat", "jti", "sid", "sub", "typ"}
    assert claims["typ"] == "access"
    assert issued() != issued()


def test_what_the_forger_makes_is_a_good_token_before_it_is_changed() -> None:
    assert tokens.verify(forged(), NOW) == CLAIMS


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "jti", "sid", "sub", "typ"])
def test_no_claim_may_be_missing(claim: str) -> None:
    assert refusal(forged(without=claim)) == "INVALID_TOKEN"


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
def test_a_claim_of_a_wrong_value_or_kind_is_refused_though_the_signature_is_good(
    claims: dict[str, Any],
) -> None:
    assert refusal(forged(**claims)) == "INVALID_TOKEN"


def test_a_token_from_the_future_is_refused_unless_clocks_may_differ_that_much() -> None:
    seconds = int(NOW.timestamp())

    assert refusal(forged(iat=seconds + 180)) == "INVALID_TOKEN"
    assert refusal(forged(nbf=seconds + 180)) == "INVALID_TOKEN"
    assert tokens.verify(forged(iat=seconds + 90), NOW) == CLAIMS


def test_a_token_of_another_key_or_use_is_refused() -> None:
    assert refusal(forged(derive_key("some other secret, also of some length", "access tokens"))) == "INVALID_TOKEN"
    assert refusal(forged(derive_key(SECRET, "one-time codes"))) == "INVALID_TOKEN"
    assert refusal(forged(SECRET.encode())) == "INVALID_TOKEN"
    assert refusal(forged(b"\x00" * 32)) == "INVALID_TOKEN"


def test_the_header_cannot_choose_the_algorithm() -> None:
    header, claims, signature = forged().split(".")
    unsigned = encoded(json.dumps(decoded(header) | {"alg": "none"}).encode())

    assert refusal(f"{unsigned}.{claims}.") == "INVALID_TOKEN"
    assert refusal(f"{unsigned}.{claims}.{signature}") == "INVALID_TOKEN"
    assert refusal(f"{header}.{claims}.") == "INVALID_TOKEN"
    assert refusal(forged(header={"alg": "HS512"}, digest="sha512")) == "INVALID_TOKEN"
    assert refusal(forged(header={"alg": "EdDSA"})) == "INVALID_TOKEN"


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
        {"cty": "JWT"},
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_nothing_in_the_header_may_point_to_another_key(extra: dict[str, Any]) -> None:
    assert refusal(forged(header=extra)) == "INVALID_TOKEN"


def test_a_refresh_token_is_no_access_token() -> None:
    assert refusal(HmacRefreshTokens(SECRET).issue(SESSION).token) == "INVALID_TOKEN"


def test_deeply_nested_json_is_refused() -> None:
    nested = urlsafe_b64encode(b"[" * 700).decode()

    assert refusal(f"{nested}.{nested}.x") == "INVALID_TOKEN"
