from datetime import UTC, datetime, timedelta

import click
import pytest

from socialfeed.entrypoints.cli.moments import moment, shown, span


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-21", datetime(2026, 11, 21, tzinfo=UTC)),
        ("2026-11-21T09:30:00", datetime(2026, 11, 21, 9, 30, tzinfo=UTC)),
        ("2026-11-21 09:30:00", datetime(2026, 11, 21, 9, 30, tzinfo=UTC)),
        ("2026-11-21T09:30:00.250", datetime(2026, 11, 21, 9, 30, 0, 250_000, tzinfo=UTC)),
        ("2026-11-21T09:30:00Z", datetime(2026, 11, 21, 9, 30, tzinfo=UTC)),
        ("2026-11-21T09:30:00+01:00", datetime(2026, 11, 21, 8, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_without_an_offset_is_utc_and_a_day_is_its_beginning(text: str, meant: datetime) -> None:
    assert moment(text) == meant


@pytest.mark.parametrize(
    "text", ["", "now", "2026-11", "2026-13-01", "2026-11-21T25:00:00", "21.11.2026", "٢٠٢٦-١١-٢١"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a moment like"):
        moment(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        ("9999w", timedelta(weeks=9_999)),
    ],
)
def test_a_span_is_a_number_and_a_unit(text: str, meant: timedelta) -> None:
    assert span(text) == meant


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "-1d", "7 d", "1.5h", "10000w", "7D", "1y"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a span of time like"):
        span(text)


def test_moments_are_shown_in_utc() -> None:
    assert shown(datetime(2026, 11, 21, 9, 30, tzinfo=UTC)) == "2026-11-21 09:30:00 UTC"
    assert shown(moment("2026-11-21T09:30:00+01:00")) == "2026-11-21 08:30:00 UTC"
