from socialfeed.adapters.security.keys import derive_key

SECRET = "a secret of more than thirty-two characters"


def test_a_use_has_one_key() -> None:
    assert derive_key(SECRET, "codes") == derive_key(SECRET, "codes")


def test_keys_of_different_uses_and_of_different_secrets_differ() -> None:
    keys = {derive_key(secret, use) for secret in (SECRET, SECRET + ".") for use in ("codes", "tokens")}

    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}


def test_derivation_is_hkdf_so_that_another_implementation_can_check_a_token() -> None:
    # From: openssl kdf -keylen 32 -kdfopt digest:SHA2-256 -kdfopt key:... -kdfopt salt:socialfeed \
    #       -kdfopt info:tokens HKDF
    expected = "dd3da6a9cb18306f56b17a71bb49f7298df3f4292ef8c1da1ae1560fd9983a23"

    assert derive_key(SECRET, "tokens").hex() == expected
