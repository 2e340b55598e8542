"""Column types that mean the same on both databases."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from socialfeed.domain.ids import MAX_ID, Kind, compose

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Id = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits. SQLite makes a primary key the row's own number only if its type is spelled INTEGER."""


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970: exact, where a float of seconds is not."""
    return (moment - _EPOCH) // _MICROSECOND


def to_datetime(value: datetime | int) -> datetime:
    """The moment behind what either driver returns."""
    return _EPOCH + timedelta(microseconds=value) if isinstance(value, int) else value


def first_activity_id(moment: datetime) -> int:
    """Entries of the activity log from this moment on have this id or a higher one, earlier ones a lower one."""
    ms = -(-to_micros(moment) // 1_000)  # Rounded up: entries know whole milliseconds.
    return min(max(compose(ms, Kind.ACTIVITY, 0, 0), 0), MAX_ID)


def storable(text: str) -> bool:
    """Whether a database can hold the text, hence find it: neither NUL nor lone surrogates are in it."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


class Moment(TypeDecorator[datetime]):
    """An aware moment, to the microsecond: TIMESTAMPTZ, or INTEGER microseconds on SQLite, which has no such type."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return to_micros(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else to_datetime(value)


class JsonList(TypeDecorator[list[Any]]):
    """Numbers or texts as one parameter, where there are no arrays."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        return json.dumps(value)
