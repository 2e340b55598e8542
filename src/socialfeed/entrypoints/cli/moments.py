"""Moments and spans of time, as they are given to commands and shown by them."""

import re
from datetime import UTC, datetime, timedelta

import click

from socialfeed.entrypoints.wire import parse_rfc3339

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NO_OFFSET = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?", re.ASCII)
_SPAN = re.compile(r"([1-9]\d{0,3})([mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str) -> datetime:
    """`2026-11-21T09:30:00+01:00`; without an offset it is UTC, without a time the day's beginning. The type of an
    option.
    """
    whole = f"{text}T00:00:00" if _DATE.fullmatch(text) else text
    try:
        return parse_rfc3339(f"{whole}Z" if _NO_OFFSET.fullmatch(whole) else whole)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a moment like 2026-11-21 or 2026-11-21T09:30:00Z.") from None


def span(text: str) -> timedelta:
    """`30m`, `12h`, `7d` or `2w`. The type of an option."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise click.BadParameter(f"{text!r} is not a span of time like 30m, 12h, 7d or 2w.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def shown(at: datetime) -> str:
    """For people; programs read `rfc3339`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
