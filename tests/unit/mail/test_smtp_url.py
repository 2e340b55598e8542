import pytest

from socialfeed.adapters.mail.smtp import SmtpServer


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", SmtpServer("mail.example", 25)),
        ("smtp://mail.example:2525", SmtpServer("mail.example", 2525)),
        ("smtp://mail.example?starttls=true", SmtpServer("mail.example", 587, starttls=True)),
        ("smtp://mail.example?starttls=false", SmtpServer("mail.example", 25)),
        ("smtps://mail.example", SmtpServer("mail.example", 465, tls=True)),
        ("smtps://ada:p%40ss%2F@mail.example", SmtpServer("mail.example", 465, "ada", "p@ss/", tls=True)),
        ("smtp://ada:pw@localhost:1025", SmtpServer("localhost", 1025, "ada", "pw")),
        ("smtp://[::1]:1025", SmtpServer("::1", 1025)),
    ],
)
def test_a_url_names_the_server_and_how_to_speak_to_it(url: str, server: SmtpServer) -> None:
    assert SmtpServer.from_url(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "smtp://",
        "smtp://mail.example/path",
        "smtp://mail.example?starttls=maybe",
        "smtp://mail.example?tls=true",
        "smtp://mail.example:port",
        "smtps://mail.example?starttls=true",
    ],
)
def test_a_url_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        SmtpServer.from_url(url)


def test_a_password_never_crosses_a_network_in_the_clear_nor_shows_in_a_message() -> None:
    with pytest.raises(ValueError, match="in the clear") as refused:
        SmtpServer.from_url("smtp://ada:secret@mail.example")
    assert "secret" not in str(refused.value)
    assert "secret" not in repr(SmtpServer.from_url("smtps://ada:secret@mail.example"))
