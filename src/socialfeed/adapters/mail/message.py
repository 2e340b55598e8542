"""A `Mail` as the message of RFC 5322 that goes over the wire."""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from socialfeed.application.ports.mail import Mail
from socialfeed.domain.errors import Rejected

# Seven bits pass through every server, whatever it can.
_POLICY = SMTP.clone(cte_type="7bit")
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_NOT_IN_ADDRESSES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\"(),:;<>\[\\\]]")


def parse_sender(text: str) -> Address:
    """`Name <user@host>` or `user@host`. Raises `ValueError`."""
    addresses: tuple[Address, ...] = _POLICY.header_factory("From", _BREAKS.sub(" ", text)).addresses
    if len(addresses) != 1 or not addresses[0].username or not addresses[0].domain:
        raise ValueError(f"{text!r} is not a sender: write Name <user@host>")
    return addresses[0]


def parse_recipient(text: str) -> Address:
    """One bare address; its domain in the form that DNS knows. Raises `Rejected` (MAIL_REFUSED)."""
    user, _, domain = text.rpartition("@")
    try:
        if user and domain and "@" not in user and not _NOT_IN_ADDRESSES.search(text):
            return Address(username=user, domain=domain.encode("idna").decode())
    except UnicodeError:
        pass
    raise Rejected("This is not an e-mail address.", code="MAIL_REFUSED")


def compose(mail: Mail, sender: Address, at: datetime) -> EmailMessage:
    """The message with its text and HTML forms. Nothing in a mail can add a header or a recipient: line breaks in
    the subject become spaces, and the address must be a single one. Raises `Rejected` (MAIL_REFUSED).
    """
    message = EmailMessage(_POLICY)
    message["From"] = sender
    message["To"] = parse_recipient(mail.to)
    message["Subject"] = _BREAKS.sub(" ", _unicode(mail.subject)).strip()
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_unicode(mail.text))
    message.add_alternative(_unicode(mail.html), subtype="html")
    return message


def _unicode(text: str) -> str:
    """The text with lone surrogates, which no encoding has, as question marks."""
    return text.encode("utf-8", "replace").decode()
