from socialfeed.adapters.security import HmacCodeHasher
from socialfeed.domain.ids import UserId

ADA, BEN = UserId(1), UserId(2)
codes = HmacCodeHasher("a secret of more than thirty-two characters")


def test_new_codes_are_six_digits_and_spread_over_their_range() -> None:
    drawn = [codes.new_code() for _ in range(400)]

    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in drawn)
    assert {code[0] for code in drawn} == set("0123456789")


def test_a_code_matches_its_own_hash_only() -> None:
    code_hash = codes.hash(ADA, "012345")

    assert codes.matches(ADA, "012345", code_hash)
    assert not codes.matches(ADA, "012346", code_hash)
    assert not codes.matches(ADA, "12345", code_hash)
    assert not codes.matches(ADA, "", code_hash)


def test_a_code_is_bound_to_its_user() -> None:
    assert not codes.matches(BEN, "012345", codes.hash(ADA, "012345"))


def test_user_and_code_cannot_be_cut_differently() -> None:
    assert not codes.matches(UserId(12), "345678", codes.hash(UserId(1), "2345678"))


def test_a_hash_does_not_show_that_a_code_came_again() -> None:
    assert codes.hash(ADA, "012345") != codes.hash(ADA, "012345")


def test_the_database_alone_does_not_give_a_code_away() -> None:
    others = HmacCodeHasher("another secret, as an attacker might guess it")

    assert not others.matches(ADA, "012345", codes.hash(ADA, "012345"))


def test_text_that_is_no_code_is_no_error() -> None:
    code_hash = codes.hash(ADA, "012345")

    assert not codes.matches(ADA, "\ud800٣٤٥", code_hash)
    assert not codes.matches(ADA, "012345", "")
    assert not codes.matches(ADA, "012345", "no hash of ours")
