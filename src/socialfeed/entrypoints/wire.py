"""How names and moments are spelled, alike on both fronts."""

from datetime import UTC, datetime


def camel(name: str) -> str:
    """`otp_code` as `otpCode`."""
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


def rfc3339(value: datetime) -> str:
    """A moment in UTC, to the millisecond: `2026-11-21T09:30:00.000Z`."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
