"""Outgoing mail."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """`text` is the whole message; `html` says the same."""

    to: str
    subject: str
    text: str
    html: str


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Returns once the next server has taken the message. Raises `Rejected` (MAIL_REFUSED) for a mail that cannot
        be sent or that the server refuses for good, and `Unavailable` otherwise; sending again is then safe, though
        it may deliver twice.
        """

    async def check(self) -> None:
        """Raises `Unavailable` unless mail can be handed over."""
