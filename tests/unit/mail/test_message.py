from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from socialfeed.adapters.mail.message import compose, parse_sender
from socialfeed.application.ports.mail import Mail
from socialfeed.domain.errors import Rejected
from tests.unit.mail.reading import body_of, message_of

AT = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
SENDER = parse_sender("socialfeed <no-reply@feed.example>")


def arriving(mail: Mail) -> EmailMessage:
    """The message as another program reads it from the wire."""
    return message_of(compose(mail, SENDER, AT).as_bytes())


def mail(to: str = "ada@example.org", subject: str = "Hello", text: str = "Hi\n", html: str = "<p>Hi</p>") -> Mail:
    return Mail(to, subject, text, html)


def test_text_and_html_arrive_as_alternatives_of_one_message() -> None:
    message = arriving(mail(subject="Grüße 👋 an Ada", text="Zeile mit ß\n", html="<p>Zeile mit ß</p>"))

    assert message.get_content_type() == "multipart/alternative"
    assert message["Subject"] == "Grüße 👋 an Ada"
    assert body_of(message, "plain") == "Zeile mit ß\n"
    assert body_of(message, "html").strip() == "<p>Zeile mit ß</p>"


def test_a_message_says_from_whom_to_whom_and_when() -> None:
    message = arriving(mail())

    assert message["From"] == "socialfeed <no-reply@feed.example>"
    assert message["To"] == "ada@example.org"
    assert message["Date"].datetime == AT
    assert message["Message-ID"].endswith("@feed.example>")
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_wire_sees_seven_bit_characters_and_no_line_over_the_limit() -> None:
    wire = compose(mail(subject="ü" * 300, text="ü" * 3000, html="x" * 3000), SENDER, AT).as_bytes()

    assert wire.isascii()
    assert max(len(line) for line in wire.split(b"\r\n")) <= 998


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028"])
def test_a_subject_cannot_add_a_header(breaks: str) -> None:
    message = arriving(mail(subject=f"Hello{breaks}Bcc: eve@evil.example"))

    assert message["Subject"] == "Hello Bcc: eve@evil.example"
    assert message["Bcc"] is None


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@example.org, eve@evil.example",
        "ada@example.org\r\nBcc: eve@evil.example",
        "ada@example.org\nX: y",
        "Ada <ada@example.org>",
        '"ada"@example.org',
        "ada@eve@example.org",
        "ada@exa mple.org",
        "ada@example.org\x00",
        "ada@" + "x" * 64 + ".org",
        "ada@\ud800.org",
    ],
    ids=ascii,
)
def test_what_is_not_one_address_gets_no_mail(to: str) -> None:
    with pytest.raises(Rejected) as refused:
        compose(mail(to=to), SENDER, AT)
    assert refused.value.code == "MAIL_REFUSED"


def test_a_domain_with_umlauts_is_written_as_dns_knows_it() -> None:
    assert arriving(mail(to="ada@bücher.example"))["To"] == "ada@xn--bcher-kva.example"


def test_a_lone_surrogate_does_not_stop_a_mail() -> None:
    message = arriving(mail(subject="a\ud800b", text="c\ud800d\n"))

    assert message["Subject"] == "a?b"
    assert body_of(message, "plain") == "c?d\n"


@pytest.mark.parametrize("text", ["", " ", "nobody", "a@b.example, c@d.example", "Name <>"])
def test_a_sender_must_be_one_address(text: str) -> None:
    with pytest.raises(ValueError, match="is not a sender"):
        parse_sender(text)
