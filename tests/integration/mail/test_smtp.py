"""`SmtpMailer` against a real server on a real port."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from socialfeed.adapters.mail import SmtpMailer, open_smtp
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.mail import Mail, Mailer
from socialfeed.domain.errors import Rejected, Unavailable
from socialfeed.testing.contracts.mail import Mailbox, MailerContract
from tests.unit.mail.reading import received

MAIL = Mail("ada@example.org", "Grüße: 123456 ist dein Code", "Hallo Ada,\n.Punkt\n", "<p>Hallo Ada</p>")
CERTIFICATE = Path(__file__).with_name("localhost.pem")


class Inbox:
    """What the server took, and how it answers to the end of DATA and to each recipient."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.log_ins: list[tuple[str, str]] = []
        self.answer = "250 OK"
        self.recipient_answer = "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: object, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            self.envelopes.append(envelope)
        return self.answer

    def authenticate(self, *arguments: Any) -> AuthResult:
        credentials = arguments[-1]
        assert isinstance(credentials, LoginPassword)
        self.log_ins.append((credentials.login.decode(), credentials.password.decode()))
        return AuthResult(success=credentials.password == b"p@ss", handled=False)

    def behind_a_password(self) -> dict[str, Any]:
        return {
            "tls_context": server_tls(),
            "require_starttls": True,
            "authenticator": self.authenticate,
            "auth_required": True,
        }

    def mails(self) -> list[Mail]:
        return [received(envelope.original_content or b"") for envelope in self.envelopes]


@asynccontextmanager
async def serving(inbox: Inbox, *, over_tls: bool = False, **options: Any) -> AsyncIterator[int]:
    """The port of a mail server that lives on this loop."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(inbox, hostname="localhost", loop=loop, **options),
        "127.0.0.1",
        0,
        ssl=server_tls() if over_tls else None,
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


def server_tls() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    return context


def opened(url: str) -> AbstractAsyncContextManager[SmtpMailer]:
    return open_smtp(url, AdapterContext(SystemClock(), Path(), mail_from="Feed <no-reply@feed.example>"))


class TestSmtpMailer(MailerContract):
    @pytest.fixture
    def inbox(self) -> Inbox:
        return Inbox()

    @pytest.fixture
    async def mailer(self, inbox: Inbox) -> AsyncIterator[Mailer]:
        async with serving(inbox) as port, opened(f"smtp://127.0.0.1:{port}") as mailer:
            yield mailer

    @pytest.fixture
    def mailbox(self, inbox: Inbox) -> Mailbox:
        async def mailbox() -> list[Mail]:
            return inbox.mails()

        return mailbox


async def test_the_envelope_names_one_sender_and_one_receiver() -> None:
    inbox = Inbox()
    async with serving(inbox) as port, opened(f"smtp://127.0.0.1:{port}") as mailer:
        await mailer.send(MAIL)

    assert inbox.mails() == [MAIL]
    assert (inbox.envelopes[0].mail_from, inbox.envelopes[0].rcpt_tos) == ("no-reply@feed.example", [MAIL.to])


async def test_an_address_with_umlauts_is_sent_where_the_server_can_take_it_and_refused_where_not() -> None:
    able, unable = Inbox(), Inbox()
    mail = Mail("jürgen@example.org", "Hello", "Hello", "<p>Hello</p>")
    async with serving(able, enable_SMTPUTF8=True) as port, opened(f"smtp://127.0.0.1:{port}") as mailer:
        await mailer.send(mail)
    async with serving(unable) as port, opened(f"smtp://127.0.0.1:{port}") as mailer:
        with pytest.raises(Rejected):
            await mailer.send(mail)

    assert able.envelopes[0].rcpt_tos == ["jürgen@example.org"]
    assert unable.envelopes == []


async def test_a_server_that_is_not_there_is_unavailable_and_no_password_is_told() -> None:
    async with serving(Inbox()) as port:
        pass
    with pytest.raises(Unavailable) as refused:
        async with opened(f"smtp://ada:secret@127.0.0.1:{port}"):
            raise AssertionError("opened")
    assert f"127.0.0.1:{port}" in str(refused.value)
    assert "secret" not in str(refused.value)


async def test_a_server_that_goes_away_is_unavailable() -> None:
    inbox = Inbox()
    async with serving(inbox) as port, opened(f"smtp://127.0.0.1:{port}") as mailer:
        await mailer.send(MAIL)
    with pytest.raises(Unavailable):
        await mailer.send(MAIL)
    with pytest.raises(Unavailable):
        await mailer.check()


@pytest.mark.parametrize(
    ("answer", "recipient_answer", "error"),
    [
        ("550 We do not like it", "250 OK", Rejected),
        ("452 No room just now", "250 OK", Unavailable),
        ("250 OK", "550 No such user", Rejected),
        ("250 OK", "450 Come back later", Unavailable),
    ],
)
async def test_a_refusal_for_good_is_told_from_one_for_now(
    answer: str, recipient_answer: str, error: type[Exception]
) -> None:
    inbox = Inbox()
    inbox.answer, inbox.recipient_answer = answer, recipient_answer
    async with serving(inbox) as port, opened(f"smtp://127.0.0.1:{port}") as mailer:
        with pytest.raises(error):
            await mailer.send(MAIL)
    assert inbox.envelopes == []


async def test_a_password_is_sent_inside_starttls_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    inbox = Inbox()
    async with (
        serving(inbox, **inbox.behind_a_password()) as port,
        opened(f"smtp://ada:p%40ss@localhost:{port}?starttls=true") as mailer,
    ):
        await mailer.send(MAIL)

    assert inbox.mails() == [MAIL]
    assert set(inbox.log_ins) == {("ada", "p@ss")}


async def test_smtps_is_encrypted_from_the_first_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    inbox = Inbox()
    async with serving(inbox, over_tls=True) as port, opened(f"smtps://localhost:{port}") as mailer:
        await mailer.send(MAIL)

    assert inbox.mails() == [MAIL]


async def test_a_server_without_starttls_gets_no_mail_where_it_was_asked_for() -> None:
    async with serving(Inbox()) as port:
        with pytest.raises(Unavailable):
            async with opened(f"smtp://localhost:{port}?starttls=true"):
                raise AssertionError("opened")


async def test_a_certificate_nobody_vouches_for_is_refused() -> None:
    async with serving(Inbox(), tls_context=server_tls()) as port:
        with pytest.raises(Unavailable):
            async with opened(f"smtp://localhost:{port}?starttls=true"):
                raise AssertionError("opened")


async def test_a_wrong_password_is_found_when_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    inbox = Inbox()
    async with serving(inbox, **inbox.behind_a_password()) as port:
        with pytest.raises(Unavailable, match="SMTPAuthenticationError"):
            async with opened(f"smtp://ada:wrong@localhost:{port}?starttls=true"):
                raise AssertionError("opened")
