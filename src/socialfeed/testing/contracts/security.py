"""Secrets: passwords, one-time codes, access tokens."""

import asyncio
import base64
import json
from datetime import timedelta

import pytest

from socialfeed.application.ports.security import CodeHasher, PasswordHasher, Tokens
from socialfeed.domain.errors import Unauthenticated
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import START

PASSWORDS = ("correct horse battery", "пароль-密码-🎈", "  spaces count  ", "a" * 256, "with \0 a null", "\n\t\r\n")


class PasswordHasherContract:
    """Fixture: `hasher`."""

    @pytest.mark.parametrize("password", PASSWORDS)
    async def test_a_password_matches_its_own_hash_only(self, hasher: PasswordHasher, password: str) -> None:
        hashed = await hasher.hash(password)
        assert await hasher.verify(password, hashed) is True
        assert await hasher.verify(password + "x", hashed) is False
        assert await hasher.verify(password[:-1], hashed) is False

    async def test_long_passwords_are_not_cut(self, hasher: PasswordHasher) -> None:
        hashed = await hasher.hash("a" * 255 + "b")
        assert await hasher.verify("a" * 255 + "c", hashed) is False

    async def test_case_counts(self, hasher: PasswordHasher) -> None:
        assert await hasher.verify("Secret-Word", await hasher.hash("secret-word")) is False

    async def test_equal_passwords_have_different_hashes(self, hasher: PasswordHasher) -> None:
        assert await hasher.hash("correct horse") != await hasher.hash("correct horse")

    async def test_a_hash_does_not_hold_the_password(self, hasher: PasswordHasher) -> None:
        assert "correct horse" not in await hasher.hash("correct horse")

    async def test_nobodys_password_is_never_right(self, hasher: PasswordHasher) -> None:
        assert await hasher.verify("anything at all", None) is False
        assert await hasher.verify("", None) is False

    async def test_simultaneous_checks_do_not_mix(self, hasher: PasswordHasher) -> None:
        hashes = await asyncio.gather(*(hasher.hash(f"password {n}") for n in range(6)))
        checks = [hasher.verify(f"password {n}", hashes[m]) for n in range(6) for m in range(6)]
        assert await asyncio.gather(*checks) == [n == m for n in range(6) for m in range(6)]


class CodeHasherContract:
    """Fixtures: `code_hasher`, and `foreign_code_hasher`, the same under another key."""

    @pytest.fixture
    def make(self) -> Builder:
        return Builder()

    def test_codes_are_six_digits_that_differ(self, code_hasher: CodeHasher) -> None:
        codes = [code_hasher.new_code() for _ in range(300)]
        assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in codes)
        assert {code[0] for code in codes} == set("0123456789")
        assert len(set(codes)) > 250

    def test_a_code_matches_its_own_hash_only(self, code_hasher: CodeHasher, make: Builder) -> None:
        user = make.ids.user()
        hashed = code_hasher.hash(user, "012345")
        assert code_hasher.matches(user, "012345", hashed) is True
        for guess in ("012346", "12345", "0123450", "", " 012345", "٠١٢٣٤٥", "01\x002345", "\ud800"):
            assert code_hasher.matches(user, guess, hashed) is False

    def test_a_code_is_bound_to_its_user(self, code_hasher: CodeHasher, make: Builder) -> None:
        ada, bob = make.ids.user(), make.ids.user()
        assert code_hasher.matches(bob, "123456", code_hasher.hash(ada, "123456")) is False

    def test_a_hash_needs_the_key(
        self, code_hasher: CodeHasher, foreign_code_hasher: CodeHasher, make: Builder
    ) -> None:
        user = make.ids.user()
        hashed = code_hasher.hash(user, "123456")
        assert "123456" not in hashed
        assert foreign_code_hasher.matches(user, "123456", hashed) is False


class TokensContract:
    """Fixtures: `tokens`, and `foreign_tokens`, the same under another key."""

    @pytest.fixture
    def make(self) -> Builder:
        return Builder()

    def test_a_token_names_its_user_until_it_expires(self, tokens: Tokens, make: Builder) -> None:
        user = make.ids.user()
        token, expires_in = tokens.issue(user, START)
        assert expires_in > 0
        assert tokens.verify(token, START) == user
        assert tokens.verify(token, START + timedelta(seconds=expires_in - 1)) == user
        with pytest.raises(Unauthenticated) as refused:
            tokens.verify(token, START + timedelta(seconds=expires_in + 1))
        assert refused.value.code == "TOKEN_EXPIRED"

    def test_a_token_of_another_key_is_refused(self, tokens: Tokens, foreign_tokens: Tokens, make: Builder) -> None:
        refuses(tokens, foreign_tokens.issue(make.ids.user(), START).token)

    def test_two_tokens_are_never_the_same(self, tokens: Tokens, make: Builder) -> None:
        user = make.ids.user()
        assert tokens.issue(user, START).token != tokens.issue(user, START).token

    @pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "not a token", "é", "\0", "\ud800", "x" * 100_000])
    def test_what_is_no_token_is_refused(self, tokens: Tokens, token: str) -> None:
        refuses(tokens, token)

    def test_a_changed_token_is_refused(self, tokens: Tokens, make: Builder) -> None:
        token = tokens.issue(make.ids.user(), START).token
        header, payload, signature = token.split(".")
        for forged in (
            f"{header}.{payload}.",
            f"{header}.{payload}",
            f"{header}.{payload}.{signature[:-4]}",
            f"{header}.{payload}.{signature}.{signature}",
            f"{header}.{_encode(_decode(payload) | {'sub': str(make.ids.user())})}.{signature}",
            f"{header}.{_encode(_decode(payload) | {'exp': 9_999_999_999})}.{signature}",
        ):
            refuses(tokens, forged)

    @pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", "HS256", "HS512", "RS256", "EdDSA"])
    def test_no_header_changes_the_algorithm(self, tokens: Tokens, make: Builder, algorithm: str) -> None:
        header, payload, signature = tokens.issue(make.ids.user(), START).token.split(".")
        forged = _encode({**_decode(header), "alg": algorithm, "forged": True})
        refuses(tokens, f"{forged}.{payload}.")
        refuses(tokens, f"{forged}.{payload}.{signature}")


def refuses(tokens: Tokens, token: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        tokens.verify(token, START)
    assert refused.value.code == "INVALID_TOKEN"


def _decode(part: str) -> dict[str, object]:
    decoded: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def _encode(claims: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
