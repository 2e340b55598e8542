import pytest

from socialfeed.adapters.security import HmacCodeHasher
from socialfeed.application.ports.security import CodeHasher
from socialfeed.domain.ids import UserId
from socialfeed.testing.contracts.security import CodeHasherContract

ADA = UserId(1)
codes = HmacCodeHasher("a secret of more than thirty-two characters")


class TestHmacCodeHasher(CodeHasherContract):
    @pytest.fixture
    def code_hasher(self) -> CodeHasher:
        return codes

    @pytest.fixture
    def foreign_code_hasher(self) -> CodeHasher:
        return HmacCodeHasher("another secret, as an attacker might guess it")


def test_user_and_code_cannot_be_cut_differently() -> None:
    assert not codes.matches(UserId(12), "verify", "345678", codes.hash(UserId(1), "verify", "2345678"))


@pytest.mark.parametrize(("purpose", "code"), [("verify.1", "2.345"), ("", "verify.1.2.345"), ("verify.1.2", "345")])
def test_purpose_and_code_cannot_be_cut_differently(purpose: str, code: str) -> None:
    assert not codes.matches(ADA, purpose, code, codes.hash(ADA, "verify", "1.2.345"))


def test_a_hash_does_not_show_that_a_code_came_again() -> None:
    assert codes.hash(ADA, "verify", "012345") != codes.hash(ADA, "verify", "012345")


@pytest.mark.parametrize("stored", ["", ".", "no hash of ours", "é"])
def test_what_is_no_hash_matches_nothing(stored: str) -> None:
    assert not codes.matches(ADA, "verify", "012345", stored)
