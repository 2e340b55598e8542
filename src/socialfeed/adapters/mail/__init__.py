"""Ways to send mail."""

from socialfeed.adapters.mail.console import ConsoleMailer, open_console
from socialfeed.adapters.mail.smtp import SmtpMailer, open_smtp

__all__ = ["ConsoleMailer", "SmtpMailer", "open_console", "open_smtp"]
