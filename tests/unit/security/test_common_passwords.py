import pytest

from socialfeed.adapters.security.common_passwords import load_common_passwords
from socialfeed.domain.user import PASSWORD_MIN
from socialfeed.testing.client import PASSWORD

COMMON = load_common_passwords()


def test_there_are_3000_that_no_other_rule_refuses() -> None:
    assert len(COMMON) == 3_000
    assert min(map(len, COMMON)) == PASSWORD_MIN


def test_they_can_be_found_without_case() -> None:
    assert all(password == password.strip().lower() for password in COMMON)


@pytest.mark.parametrize("password", ["password", "12345678", "qwertyuiop", "iloveyou", "password1", "1qaz2wsx"])
def test_the_notorious_ones_are_there(password: str) -> None:
    assert password in COMMON


def test_what_this_project_signs_in_with_is_not() -> None:
    assert not COMMON & {PASSWORD, "demo-password"}
