"""Mail that goes nowhere, for tests and trials."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from socialfeed.adapters.memory.urls import require_bare
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.mail import Mail
from socialfeed.domain.errors import Rejected

KEPT = 1_000
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f-\x9f@\"(),:;<>\[\\\]]+@[^\s\x00-\x1f\x7f-\x9f@\"(),:;<>\[\\\]]+")


@asynccontextmanager
async def open_memory_mail(url: str, context: AdapterContext) -> AsyncIterator["MemoryMailer"]:
    """`memory://`: keeps what it sent in `sent`."""
    require_bare(url)
    yield MemoryMailer()


class MemoryMailer:
    """Refuses what a mail server would. `sent` holds the last 1,000 mails, oldest first."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        if not _ADDRESS.fullmatch(mail.to):
            raise Rejected("This is not an e-mail address.", code="MAIL_REFUSED")
        self.sent.append(replace(mail, subject=" ".join(mail.subject.split())))
        del self.sent[:-KEPT]

    async def check(self) -> None:
        """Always there."""
