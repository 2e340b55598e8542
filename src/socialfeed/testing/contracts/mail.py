"""Outgoing mail: arrives whole, and nobody can slip in a header or a recipient."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from socialfeed.application.ports.mail import Mail, Mailer
from socialfeed.domain.errors import Rejected
from socialfeed.testing.contracts.waiting import eventually

Mailbox = Callable[[], Awaitable[Sequence[Mail]]]
"""What arrived so far, in order, as the receiver's mail program would show it."""

PLAIN = Mail("ada@example.org", "123456 is your code", "Your code:\n\n123456\n", "<p>Your code: <b>123456</b></p>")


class MailerContract:
    """Fixtures: `mailer`, and `mailbox`, a `Mailbox` that is empty at first."""

    async def test_it_answers(self, mailer: Mailer) -> None:
        await mailer.check()

    async def test_a_mail_arrives_whole(self, mailer: Mailer, mailbox: Mailbox) -> None:
        await mailer.send(PLAIN)
        assert await arrived(mailbox) == [shown(PLAIN)]

    async def test_mails_arrive_in_order(self, mailer: Mailer, mailbox: Mailbox) -> None:
        mails = [Mail("ada@example.org", f"Number {n}", f"{n}", f"<p>{n}</p>") for n in range(5)]
        for mail in mails:
            await mailer.send(mail)
        assert await arrived(mailbox, 5) == [shown(mail) for mail in mails]

    async def test_simultaneous_mails_all_arrive(self, mailer: Mailer, mailbox: Mailbox) -> None:
        mails = [Mail(f"user{n}@example.org", f"Number {n}", f"{n}", f"<p>{n}</p>") for n in range(15)]
        await asyncio.gather(*(mailer.send(mail) for mail in mails))
        assert {mail.to: mail for mail in await arrived(mailbox, 15)} == {mail.to: shown(mail) for mail in mails}

    async def test_every_script_arrives(self, mailer: Mailer, mailbox: Mailbox) -> None:
        mail = Mail("ada@example.org", "Grüße, 你好 🎈", "Hallo Zoë,\nسلام – 你好 🎈", "<p>Grüße 🎈</p>")
        await mailer.send(mail)
        assert await arrived(mailbox) == [shown(mail)]

    async def test_lines_that_mean_something_to_a_mail_server_arrive(self, mailer: Mailer, mailbox: Mailbox) -> None:
        text = "\n".join([".", "..two", ".one", "From here", "", "=3D=", "--", "x" * 2_000, "Subject: none", "end"])
        mail = Mail("ada@example.org", "s" * 300, text, f"<p>{text}</p>")
        await mailer.send(mail)
        assert await arrived(mailbox) == [shown(mail)]

    async def test_a_subject_forges_no_header(self, mailer: Mailer, mailbox: Mailbox) -> None:
        forged = Mail("ada@example.org", "Hi\r\nBcc: eve@example.org\r\n\r\nNot the text", "Text", "<p>Text</p>")
        await mailer.send(forged)
        (mail,) = await arrived(mailbox)
        assert (mail.to, mail.text, mail.html) == (forged.to, forged.text, forged.html)
        assert not {"\r", "\n"} & set(mail.subject)

    @pytest.mark.parametrize(
        "to",
        [
            "",
            "nobody",
            "@example.org",
            "ada@",
            "ada@example.org, eve@example.org",
            "ada@example.org eve@example.org",
            "ada@example.org\r\nBcc: eve@example.org",
            "Ada <ada@example.org>",
            "ada@example.org\0",
        ],
    )
    async def test_what_is_not_one_address_is_refused(self, mailer: Mailer, mailbox: Mailbox, to: str) -> None:
        with pytest.raises(Rejected) as refused:
            await mailer.send(Mail(to, "Subject", "Text", "<p>Text</p>"))
        assert refused.value.code == "MAIL_REFUSED"
        await mailer.send(PLAIN)
        assert await arrived(mailbox) == [shown(PLAIN)]


async def arrived(mailbox: Mailbox, number: int = 1) -> list[Mail]:
    """The first mails to arrive; no fewer, no more."""

    async def enough() -> bool:
        return len(await mailbox()) >= number

    await eventually(enough)
    return [shown(mail) for mail in await mailbox()]


def shown(mail: Mail) -> Mail:
    """The mail without what transport may change: line ends, and white space at the end."""
    return Mail(mail.to, mail.subject, _lines(mail.text), _lines(mail.html))


def _lines(text: str) -> str:
    return "\n".join(text.rstrip().splitlines())
