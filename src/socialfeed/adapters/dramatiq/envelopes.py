"""Envelopes as they travel."""

from datetime import datetime
from typing import Any

from socialfeed.domain.errors import Rejected
from socialfeed.domain.events import Envelope, event_from
from socialfeed.domain.ids import EventId


def envelope_to_wire(envelope: Envelope) -> dict[str, Any]:
    """JSON values: what happened, to which ids, when."""
    return {
        "id": envelope.id,
        "event": envelope.event.name,
        "payload": envelope.event.payload(),
        "at": envelope.at.isoformat(),
    }


def envelope_from_wire(wire: dict[str, Any]) -> Envelope:
    """Raises `Rejected` (UNKNOWN_EVENT) for what this version cannot read."""
    try:
        return Envelope(
            EventId(wire["id"]), event_from(wire["event"], wire["payload"]), datetime.fromisoformat(wire["at"])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Rejected(f"This version knows no event {wire.get('event')!r}.", code="UNKNOWN_EVENT") from error
