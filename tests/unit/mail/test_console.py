import stat
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from socialfeed.adapters.mail import ConsoleMailer, open_console
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.mail import Mail
from socialfeed.domain.errors import Unavailable
from socialfeed.testing.contracts.mail import Mailbox, MailerContract
from tests.unit.mail.reading import received

MAIL = Mail("ada@example.org", "123456 is your code", "Hello Ada,\n\nyour code is 123456.\n", "<p>Hello</p>")


@pytest.fixture
def context(tmp_path: Path) -> AdapterContext:
    return AdapterContext(SystemClock(), tmp_path)


@pytest.fixture
async def mailer(context: AdapterContext) -> AsyncIterator[ConsoleMailer]:
    async with open_console("console://", context) as mailer:
        yield mailer


class TestConsoleMailer(MailerContract):
    """With the fixture `mailer` above."""

    @pytest.fixture
    def mailbox(self, tmp_path: Path) -> Mailbox:
        async def mailbox() -> list[Mail]:
            return [received(path.read_bytes()) for path in sorted((tmp_path / "mail").glob("*.eml"))]

        return mailbox


async def test_a_mail_is_readable_on_the_terminal(mailer: ConsoleMailer, capsys: pytest.CaptureFixture[str]) -> None:
    await mailer.send(MAIL)

    shown = capsys.readouterr().err
    for line in ("| To: ada@example.org", "| Subject: 123456 is your code", "| your code is 123456."):
        assert line in shown.splitlines()


async def test_a_mail_is_kept_as_a_file_for_its_owner_only(mailer: ConsoleMailer, tmp_path: Path) -> None:
    await mailer.send(MAIL)
    await mailer.send(MAIL)

    files = list((tmp_path / "mail").iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert message_from_bytes(files[0].read_bytes(), policy=default)["Subject"] == MAIL.subject


async def test_a_mail_cannot_drive_the_terminal(mailer: ConsoleMailer, capsys: pytest.CaptureFixture[str]) -> None:
    await mailer.send(Mail(MAIL.to, "\x1b[2Jgone", "over\rwritten \u202eesrever \x9b31m\n", "<p></p>"))

    assert not set(capsys.readouterr().err) & set("\x1b\r\u202e\x9b")


async def test_a_folder_that_cannot_be_written_is_unavailable(mailer: ConsoleMailer, tmp_path: Path) -> None:
    (tmp_path / "mail").rmdir()
    (tmp_path / "mail").touch()

    with pytest.raises(Unavailable):
        await mailer.send(MAIL)
    with pytest.raises(Unavailable):
        await mailer.check()


async def test_options_are_refused(context: AdapterContext) -> None:
    with pytest.raises(ValueError, match="console://"):
        async with open_console("console://host", context):
            raise AssertionError("opened")
