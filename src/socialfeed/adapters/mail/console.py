"""Mail for development: shown on the terminal and kept as files."""

import asyncio
import os
import re
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.headerregistry import Address
from pathlib import Path

from socialfeed.adapters.mail.message import compose, parse_sender
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.mail import Mail
from socialfeed.domain.errors import Unavailable

_UNSAFE_ON_TERMINALS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@asynccontextmanager
async def open_console(url: str, context: AdapterContext) -> AsyncIterator["ConsoleMailer"]:
    """`console://`: no options."""
    if url not in ("console:", "console://"):
        raise ValueError("Console mail takes no options: write console://")
    mailer = ConsoleMailer(context.data_dir / "mail", parse_sender(context.mail_from), context.clock)
    await mailer.check()
    yield mailer


class ConsoleMailer:
    """Prints each mail to standard error, not to the log: a log must not hold codes. Keeps it as `.eml`, which mail
    programs open, in `folder`, readable by its owner only.
    """

    def __init__(self, folder: Path, sender: Address, clock: Clock) -> None:
        self._folder = folder
        self._sender = sender
        self._clock = clock

    async def send(self, mail: Mail) -> None:
        at = self._clock.now()
        message = compose(mail, self._sender, at)
        path = self._folder / f"{at:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}.eml"
        try:
            await asyncio.to_thread(_write, path, message.as_bytes())
        except OSError as error:
            raise Unavailable(f"The mail folder cannot be written: {error.strerror}.") from error
        shown = f"To: {message['To']}\nSubject: {message['Subject']}\n\n{mail.text.strip()}\n\n({path})"
        print(_framed(_UNSAFE_ON_TERMINALS.sub("", shown)), file=sys.stderr, flush=True)

    async def check(self) -> None:
        try:
            await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"The mail folder cannot be made: {error.strerror}.") from error
        if not os.access(self._folder, os.W_OK | os.X_OK):
            raise Unavailable("The mail folder cannot be written.")


def _write(path: Path, content: bytes) -> None:
    """All or nothing: whoever watches the folder sees whole mails only."""
    temporary = path.with_name(f".{path.name}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)


def _framed(text: str) -> str:
    rows = "\n".join(f"| {line}".rstrip() for line in text.splitlines())
    return f"+-- mail {'-' * 70}\n{rows}\n+{'-' * 78}"
