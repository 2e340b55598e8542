"""Text as people type it, made safe to store and compare."""

import re
import unicodedata
from urllib.parse import urlsplit

from socialfeed.domain.errors import Invalid

_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\\\]]{1,64}@(?:[^@\s.\"(),:;<>\[\\\]]{1,63}\.)+[^@\s.\"(),:;<>\[\\\]]{2,63}")
_USERNAME = re.compile(r"[A-Za-z0-9_]{3,30}")
_LOCALE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
_ALLOWED_CONTROLS = frozenset("\n\t")
DEFAULT_LOCALE = "en"
_REFUSED = frozenset({"Cc", "Cs"})


def clean(value: str, field: str, *, minimum: int = 0, maximum: int, lines: bool = False) -> str:
    """NFC-normalised and stripped text of `minimum` to `maximum` characters.

    Control characters (NUL among them) and lone surrogates are refused; with `lines`, line feeds and tabs pass
    and CR LF becomes LF. Raises `Invalid` naming the field.
    """
    if len(value) > 4 * maximum + 1024:
        raise Invalid(f"At most {maximum} characters, please.", code="TOO_LONG", field=field)
    if lines:
        value = value.replace("\r\n", "\n")
    text = unicodedata.normalize("NFC", value).strip()
    for character in text:
        if unicodedata.category(character) in _REFUSED and not (lines and character in _ALLOWED_CONTROLS):
            raise Invalid("Control characters are not allowed.", code="INVALID_CHARACTER", field=field)
    if len(text) < minimum:
        message = "This may not be empty." if not text else f"At least {minimum} characters, please."
        raise Invalid(message, code="TOO_SHORT", field=field)
    if len(text) > maximum:
        raise Invalid(f"At most {maximum} characters, please.", code="TOO_LONG", field=field)
    return text


def clean_username(value: str) -> str:
    """3 to 30 ASCII letters, digits and underscores; compared without case."""
    if not _USERNAME.fullmatch(value):
        raise Invalid("3 to 30 letters, digits or underscores, please.", code="INVALID_USERNAME", field="username")
    return value


def clean_email(value: str, field: str = "email") -> str:
    """A plausible address of at most 254 characters, in lower case; only a mail that arrives proves one."""
    text = clean(value.lower(), field, maximum=254)
    if not _EMAIL.fullmatch(text):
        raise Invalid("This is not an e-mail address.", code="INVALID_EMAIL", field=field)
    return text


def clean_locale(value: str, field: str = "locale") -> str:
    """A language, and maybe its script and region, as BCP 47 writes them: `de`, `es-MX`, `zh-Hant-TW`."""
    if not _LOCALE.fullmatch(value):
        raise Invalid("A locale like de or es-MX, please.", code="INVALID_LOCALE", field=field)
    return value


def languages_of(locale: str | None) -> tuple[str, ...]:
    """By what it is found: `de-AT` is German, too."""
    return () if locale is None else tuple(dict.fromkeys((language_of(locale), locale)))


def language_of(locale: str) -> str:
    """Without script and region."""
    return locale.partition("-")[0]


def clean_url(value: str, field: str) -> str:
    """An absolute http or https address of at most 2,048 characters, without credentials or white space."""
    text = clean(value, field, minimum=1, maximum=2048)
    try:
        parts = urlsplit(text)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
        _ = parts.port
    except ValueError:
        valid = False
    if not valid or any(character.isspace() for character in text):
        raise Invalid("An http or https address, please.", code="INVALID_URL", field=field)
    return text
