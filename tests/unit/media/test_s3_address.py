import os

import pytest

from socialfeed.adapters.media.s3_address import Credentials, S3Address

SOURCES = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_METADATA_ENDPOINT", "AWS_SKIP_SIGNATURE")


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


def test_a_url_says_everything() -> None:
    address = S3Address.from_url(
        "s3://KEY:se%2Fcr%2Bet@media/some/where/?endpoint=http://127.0.0.1:9000/&region=nowhere"
    )

    assert address == S3Address(
        "media", "some/where", "http://127.0.0.1:9000", "nowhere", Credentials("KEY", "se/cr+et")
    )
    assert address.place == "The bucket media at 127.0.0.1:9000"


@pytest.mark.parametrize("variable", SOURCES)
def test_the_environment_may_have_the_credentials(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "something")

    assert S3Address.from_url("s3://media") == S3Address("media")


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_the_environment_may_say_where_the_server_is_but_the_url_knows_better(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://there:9000")

    assert S3Address.from_url("s3://KEY:secret@media").endpoint == "http://there:9000"
    assert S3Address.from_url("s3://KEY:secret@media?endpoint=https://here").endpoint == "https://here"


def test_without_credentials_nobody_is_asked_for_them() -> None:
    with pytest.raises(ValueError, match="no credentials: set AWS_ACCESS_KEY_ID"):
        S3Address.from_url("s3://media")


@pytest.mark.parametrize(
    "url",
    [
        "s3://",
        "s3:media",
        "s3:///media",
        "s3://KEY:hush@",
        "s3://KEY:hush@media#fragment",
        "s3://KEY:hush@me dia",
        "s3://KEY:hush/hush@media",
        "s3://KEY@media",
        "s3://:hush@media",
        "s3://KEY:@media",
        "s3://KEY:hush@media/a//b",
        "s3://KEY:hush@media/../other",
        "s3://KEY:hush@media/.hidden",
        "s3://KEY:hush@media/%00",
        "s3://KEY:hush@media?endpoint=127.0.0.1:9000",
        "s3://KEY:hush@media?endpoint=ftp://127.0.0.1",
        "s3://KEY:hush@media?endpoint=http://",
        "s3://KEY:hush@media?endpoint=http://KEY:hush@host",
        "s3://KEY:hush@media?endpoint=http://host:99999",
        "s3://KEY:hush@media?endpoint=http://[::1",
        "s3://KEY:hush@media?endpoint=",
        "s3://KEY:hush@media?region=",
        "s3://KEY:hush@media?region=no%20where",
        "s3://KEY:hush@media?secret=hush",
    ],
)
def test_a_url_that_makes_no_sense_is_refused_in_one_line_without_its_secret(url: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as refused:
        S3Address.from_url(url)

    assert "hush" not in str(refused.value)


def test_a_secret_is_not_shown() -> None:
    assert "hush" not in repr(S3Address.from_url("s3://KEY:hush@media"))
