"""The mails this product writes."""

from html import escape

from socialfeed.application.ports.mail import Mail
from socialfeed.domain.user import CODE_LIFE, User

_MINUTES = int(CODE_LIFE.total_seconds()) // 60


def _mail(to: str, subject: str, *paragraphs: str) -> Mail:
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    return Mail(to, subject, "\n\n".join(paragraphs) + "\n", f"<!doctype html><html><body>{body}</body></html>")


def verification(user: User, code: str) -> Mail:
    return _mail(
        user.email,
        f"{code} is your verification code",
        f"Hello {user.username},",
        f"your code is {code}. It works once, within {_MINUTES} minutes.",
        "If you did not ask for an account, ignore this mail: without the code nothing happens.",
    )


def reset(user: User, code: str) -> Mail:
    return _mail(
        user.email,
        f"{code} is your code for a new password",
        f"Hello {user.username},",
        f"your code is {code}. It works once, within {_MINUTES} minutes, and ends every session you have.",
        "If you did not ask for a new password, ignore this mail: without the code nothing happens.",
    )


def address_known(user: User) -> Mail:
    """To the owner of an account, when somebody registers with the owner's address."""
    return _mail(
        user.email,
        "You already have an account",
        f"Hello {user.username},",
        "somebody, maybe you, asked for a new account with this address. You have one already: just sign in.",
        "If it was not you, ignore this mail: nothing has changed.",
    )


def new_address(user: User, address: str, code: str) -> Mail:
    return _mail(
        address,
        f"{code} proves your new address",
        f"Hello {user.username},",
        f"your code is {code}. It works once, within {_MINUTES} minutes, and makes this the address of your account.",
        "If you did not ask for it, ignore this mail: without the code nothing happens.",
    )


def address_leaving(user: User) -> Mail:
    """To the address an account has until now."""
    return _mail(
        user.email,
        "Your account is about to get another address",
        f"Hello {user.username},",
        "somebody who knows your password asked for another e-mail address for your account.",
        "If it was not you, change your password now: that ends every session.",
    )


def address_in_use(user: User) -> Mail:
    """To the owner of an account, when another account asks for the owner's address."""
    return _mail(
        user.email,
        "Your address was asked for",
        f"Hello {user.username},",
        "another account asked to use this address. It is yours, so nothing has changed.",
    )
