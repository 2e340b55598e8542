"""Secrets: passwords, one-time codes, access and refresh tokens."""

import asyncio
import base64
import json
import re
from base64 import urlsafe_b64decode
from datetime import timedelta
from string import ascii_letters, digits

import pytest

from socialfeed.application.ports.security import CodeHasher, CursorSeal, PasswordHasher, RefreshTokens, Tokens
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

    async def test_a_fresh_hash_needs_no_other(self, hasher: PasswordHasher) -> None:
        assert hasher.needs_rehash(await hasher.hash("correct horse")) is False

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
        hashed = code_hasher.hash(user, "verify", "012345")
        assert code_hasher.matches(user, "verify", "012345", hashed) is True
        for guess in ("012346", "12345", "0123450", "", " 012345", "٠١٢٣٤٥", "01\x002345", "\ud800"):
            assert code_hasher.matches(user, "verify", guess, hashed) is False

    def test_a_code_is_bound_to_its_user(self, code_hasher: CodeHasher, make: Builder) -> None:
        ada, bob = make.ids.user(), make.ids.user()
        hashed = code_hasher.hash(ada, "verify", "123456")
        assert code_hasher.matches(bob, "verify", "123456", hashed) is False

    def test_a_code_is_bound_to_its_purpose(self, code_hasher: CodeHasher, make: Builder) -> None:
        user = make.ids.user()
        hashed = code_hasher.hash(user, "verify", "123456")
        for purpose in ("reset", "", "Verify", "verify "):
            assert code_hasher.matches(user, purpose, "123456", hashed) is False

    def test_a_hash_needs_the_key(
        self, code_hasher: CodeHasher, foreign_code_hasher: CodeHasher, make: Builder
    ) -> None:
        user = make.ids.user()
        hashed = code_hasher.hash(user, "verify", "123456")
        assert "123456" not in hashed
        assert foreign_code_hasher.matches(user, "verify", "123456", hashed) is False


class TokensContract:
    """Fixtures: `tokens`, and `foreign_tokens`, the same under another key."""

    @pytest.fixture
    def make(self) -> Builder:
        return Builder()

    def test_a_token_names_its_user_and_session_until_it_expires(self, tokens: Tokens, make: Builder) -> None:
        user, session = make.ids.user(), make.ids.session()
        token, expires_in = tokens.issue(user, session, START)
        assert expires_in > 0
        claims = (user, session, START + timedelta(seconds=expires_in))
        assert tokens.verify(token, START) == claims
        assert tokens.verify(token, START + timedelta(seconds=expires_in - 1)) == claims
        with pytest.raises(Unauthenticated) as refused:
            tokens.verify(token, START + timedelta(seconds=expires_in + 1))
        assert refused.value.code == "TOKEN_EXPIRED"

    def test_a_token_of_another_key_is_refused(self, tokens: Tokens, foreign_tokens: Tokens, make: Builder) -> None:
        refuses(tokens, foreign_tokens.issue(make.ids.user(), make.ids.session(), START).token)

    def test_two_tokens_are_never_the_same(self, tokens: Tokens, make: Builder) -> None:
        user, session = make.ids.user(), make.ids.session()
        assert tokens.issue(user, session, START).token != tokens.issue(user, session, START).token

    @pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "not a token", "é", "\0", "\ud800", "x" * 100_000])
    def test_what_is_no_token_is_refused(self, tokens: Tokens, token: str) -> None:
        refuses(tokens, token)

    def test_a_changed_token_is_refused(self, tokens: Tokens, make: Builder) -> None:
        token = tokens.issue(make.ids.user(), make.ids.session(), START).token
        header, payload, signature = token.split(".")
        for forged in (
            f"{header}.{payload}.",
            f"{header}.{payload}",
            f"{header}.{payload}.{signature[:-4]}",
            f"{header}.{payload}.{signature}.{signature}",
            f"{header}.{_encode(_decode(payload) | {'sub': str(make.ids.user())})}.{signature}",
            f"{header}.{_encode(_decode(payload) | {'sid': str(make.ids.session())})}.{signature}",
            f"{header}.{_encode(_decode(payload) | {'exp': 9_999_999_999})}.{signature}",
        ):
            refuses(tokens, forged)

    @pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", "HS256", "HS512", "RS256", "EdDSA"])
    def test_no_header_changes_the_algorithm(self, tokens: Tokens, make: Builder, algorithm: str) -> None:
        token = tokens.issue(make.ids.user(), make.ids.session(), START).token
        header, payload, signature = token.split(".")
        forged = _encode({**_decode(header), "alg": algorithm, "forged": True})
        refuses(tokens, f"{forged}.{payload}.")
        refuses(tokens, f"{forged}.{payload}.{signature}")


class RefreshTokensContract:
    """Fixtures: `refresh_tokens`, and `foreign_refresh_tokens`, the same under another key."""

    @pytest.fixture
    def make(self) -> Builder:
        return Builder()

    def test_a_token_is_read_as_it_was_issued(self, refresh_tokens: RefreshTokens, make: Builder) -> None:
        session = make.ids.session()
        issued = refresh_tokens.issue(session)
        assert issued.session_id == session
        assert refresh_tokens.read(issued.token) == issued

    def test_a_token_fits_anywhere(self, refresh_tokens: RefreshTokens, make: Builder) -> None:
        token = refresh_tokens.issue(make.ids.session()).token
        assert re.fullmatch(r"[A-Za-z0-9._~-]{43,200}", token)

    def test_two_tokens_of_a_session_have_nothing_in_common(self, refresh_tokens: RefreshTokens, make: Builder) -> None:
        session = make.ids.session()
        issued = [refresh_tokens.issue(session) for _ in range(100)]
        assert len({each.token for each in issued}) == len({each.token_hash for each in issued}) == 100

    def test_what_is_stored_does_not_show_the_token(self, refresh_tokens: RefreshTokens, make: Builder) -> None:
        issued = refresh_tokens.issue(make.ids.session())
        assert issued.token_hash not in issued.token
        assert issued.token not in issued.token_hash
        assert refresh_tokens.read(issued.token_hash) is None

    def test_a_refresh_token_of_another_key_is_none(
        self, refresh_tokens: RefreshTokens, foreign_refresh_tokens: RefreshTokens, make: Builder
    ) -> None:
        assert refresh_tokens.read(foreign_refresh_tokens.issue(make.ids.session()).token) is None

    @pytest.mark.parametrize(
        "token", ["", ".", "a.b.c", "not a token", "é" * 96, "\0" * 96, "\ud800" * 96, "A" * 96, "x" * 100_000]
    )
    def test_what_is_no_refresh_token_is_none(self, refresh_tokens: RefreshTokens, token: str) -> None:
        assert refresh_tokens.read(token) is None

    def test_a_token_changed_at_any_place_is_none(self, refresh_tokens: RefreshTokens, make: Builder) -> None:
        token = refresh_tokens.issue(make.ids.session()).token
        for place, old in enumerate(token):
            new = "A" if old != "A" else "B"
            assert refresh_tokens.read(token[:place] + new + token[place + 1 :]) is None
            assert refresh_tokens.read(token[:place] + token[place + 1 :]) is None

    def test_a_token_has_one_spelling(self, refresh_tokens: RefreshTokens, make: Builder) -> None:
        token = refresh_tokens.issue(make.ids.session()).token
        for other in (f" {token}", f"{token} ", f"{token}\n", f"{token}=", f"{token}A", token.swapcase()):
            assert refresh_tokens.read(other) is None


def refuses(tokens: Tokens, token: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        tokens.verify(token, START)
    assert refused.value.code == "INVALID_TOKEN"


def _decode(part: str) -> dict[str, object]:
    decoded: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def _encode(claims: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


class CursorSealContract:
    """Supply `cursor_seal`, and `foreign_cursor_seal` of another installation."""

    @pytest.mark.parametrize("place", [b"\0" * 8, b"12345678", bytes(range(24))])
    async def test_a_cursor_gives_back_its_place(self, cursor_seal: CursorSeal, place: bytes) -> None:
        cursor = cursor_seal.seal("likers:1", place)
        assert cursor_seal.unseal("likers:1", cursor) == place
        assert cursor_seal.seal("likers:1", place) == cursor
        assert set(cursor) <= set(ascii_letters + digits + "-_")

    async def test_a_cursor_tells_nothing_of_its_place(self, cursor_seal: CursorSeal) -> None:
        one, other = (cursor_seal.seal("likers:1", place) for place in (b"12345678", b"12345679"))
        assert sum(a == b for a, b in zip(one, other, strict=True)) < len(one) / 2
        assert b"12345678" not in urlsafe_b64decode(one + "=" * (-len(one) % 4))

    async def test_a_cursor_of_another_list_is_none(self, cursor_seal: CursorSeal) -> None:
        cursor = cursor_seal.seal("likers:1", b"12345678")
        for listing in ("likers:2", "likers", "", "home:1"):
            assert cursor_seal.unseal(listing, cursor) is None

    async def test_what_was_not_sealed_here_is_no_cursor(
        self, cursor_seal: CursorSeal, foreign_cursor_seal: CursorSeal
    ) -> None:
        cursor = cursor_seal.seal("likers:1", b"12345678")
        made_up = [
            "",
            "x",
            "MQ",
            "ü",
            "\ud800",
            cursor[:-1],
            cursor + "A",
            cursor + "=",
            cursor.swapcase(),
            f" {cursor}",
        ]
        made_up += [cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :] for at in range(len(cursor))]
        for attempt in (*made_up, foreign_cursor_seal.seal("likers:1", b"12345678")):
            assert cursor_seal.unseal("likers:1", attempt) is None, attempt
