"""Events in the outbox."""

import json

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.events import Envelope, event_from

_o = tables.outbox.c

ENVELOPE = (_o.id, _o.name, _o.payload, _o.at)


def envelope_from_row(row: Row) -> Envelope:
    """Raises `KeyError` or `TypeError` for an event of a newer version than this, `ValueError` for a broken one."""
    id_, name, payload, at = row
    return Envelope(id_, event_from(name, json.loads(payload)), to_datetime(at))


def envelope_values(envelope: Envelope) -> Values:
    return {
        "id": envelope.id,
        "name": envelope.event.name,
        "payload": json.dumps(envelope.event.payload(), separators=(",", ":")),
        "at": envelope.at,
        "attempts": 0,
    }
