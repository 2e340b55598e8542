"""Mail as its receiver sees it."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from socialfeed.application.ports.mail import Mail


def message_of(wire: bytes) -> EmailMessage:
    message = message_from_bytes(wire, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def body_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def received(wire: bytes) -> Mail:
    message = message_of(wire)
    return Mail(message["To"], message["Subject"], body_of(message, "plain"), body_of(message, "html").rstrip("\n"))
