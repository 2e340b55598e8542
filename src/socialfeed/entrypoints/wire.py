"""How names and moments are spelled, alike on both fronts."""

import re
from datetime import UTC, datetime

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)


def camel(name: str) -> str:
    """`otp_code` as `otpCode`."""
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


def rfc3339(value: datetime) -> str:
    """A moment in UTC, to the millisecond: `2026-11-21T09:30:00.000Z`."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_rfc3339(value: object) -> datetime:
    """A moment with its offset (RFC 3339, section 5.6), in UTC. Raises `ValueError`."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("A moment like 2026-11-21T09:30:00Z, please.")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("There is no such moment.") from None
