"""Mail by SMTP (RFC 5321)."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from urllib.parse import parse_qsl, unquote, urlsplit

from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPNotSupported, SMTPRecipientsRefused

from socialfeed.adapters.mail.message import compose, parse_sender
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.mail import Mail
from socialfeed.domain.errors import Rejected, Unavailable

STEP_SECONDS = 10.0
"""How long the server may take for one answer."""

MAIL_SECONDS = 30.0
"""How long a whole mail may take."""

_PERMANENT = 500
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes. `tls` from the first byte, or `starttls` from the second command."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    starttls: bool = False

    @classmethod
    def from_url(cls, url: str) -> "SmtpServer":
        """`smtp://user:password@host:port?starttls=true` or `smtps://...`; the port is 25, 587 with STARTTLS or 465
        with smtps unless given. Raises `ValueError`.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        starttls = _FLAGS.get(options.pop("starttls", "false"))
        if not parts.hostname or parts.path not in ("", "/") or options or starttls is None:
            raise ValueError("An SMTP server is written smtp://user:password@host:port?starttls=true")
        tls = parts.scheme == "smtps"
        if tls and starttls:
            raise ValueError("smtps:// is encrypted from the start: leave out starttls")
        if parts.username and not (tls or starttls) and parts.hostname not in _LOOPBACK:
            raise ValueError("A password may not cross a network in the clear: use smtps:// or starttls=true")
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if tls else 587 if starttls else 25),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
            tls=tls,
            starttls=starttls,
        )


@asynccontextmanager
async def open_smtp(url: str, context: AdapterContext) -> AsyncIterator["SmtpMailer"]:
    """See `SmtpServer.from_url`."""
    mailer = SmtpMailer(SmtpServer.from_url(url), parse_sender(context.mail_from), context.clock)
    await mailer.check()
    yield mailer


class SmtpMailer:
    """One connection for each mail: nothing idles, nothing is stale."""

    def __init__(self, server: SmtpServer, sender: Address, clock: Clock) -> None:
        self._server = server
        self._sender = sender
        self._clock = clock

    async def send(self, mail: Mail) -> None:
        message = compose(mail, self._sender, self._clock.now())
        recipient = message["To"].addresses[0].addr_spec
        async with self._connected() as smtp:
            try:
                await smtp.send_message(message, sender=self._sender.addr_spec, recipients=[recipient])
            except SMTPRecipientsRefused as error:
                if all(refused.code >= _PERMANENT for refused in error.recipients):
                    raise _refused() from error
                raise
            except SMTPDataError as error:
                if error.code >= _PERMANENT:
                    raise _refused() from error
                raise
            except SMTPNotSupported as error:
                raise _refused() from error

    async def check(self) -> None:
        async with self._connected() as smtp:
            await smtp.noop()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[SMTP]:
        """A session, signed in. What fails in it is `Unavailable`, but for a `Rejected`."""
        server = self._server
        smtp = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls,
            start_tls=server.starttls,
            timeout=STEP_SECONDS,
            local_hostname=socket.gethostname(),  # the default asks DNS, on the event loop
        )
        try:
            async with asyncio.timeout(MAIL_SECONDS):
                await smtp.connect()
                yield smtp
                # What was sent is sent, whether the server says goodbye or not.
                with suppress(SMTPException):
                    await smtp.quit()
        except (SMTPException, OSError) as error:
            raise Unavailable(
                f"The mail server {server.host}:{server.port} does not take mail: {type(error).__name__}."
            ) from error
        finally:
            smtp.close()


def _refused() -> Rejected:
    return Rejected("The mail server refuses this mail.", code="MAIL_REFUSED")
