"""Entries of the activity log and the ends of its chains."""

import json

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.activity import Activity, ChainEnd, Link, Outcome

_a, _c = tables.activity.c, tables.activity_chains.c

ENTRY = (_a.id, _a.actor_id, _a.action, _a.outcome, _a.object_id, _a.address, _a.details, _a.count)


def entry_from_row(row: Row) -> Activity:
    """Raises `ValueError` for an entry of a newer version than this."""
    id_, actor_id, action, outcome, object_id, address, details, count = row
    return Activity(id_, actor_id, action, Outcome(outcome), object_id, address, json.loads(details), count)


def entry_values(entry: Activity) -> Values:
    """Without its place in the chain."""
    return {
        "id": entry.id,
        "actor_id": entry.actor_id,
        "action": str(entry.action),
        "outcome": entry.outcome.value,
        "object_id": entry.object_id,
        "address": entry.address,
        "details": json.dumps(dict(entry.details), separators=(",", ":")),
        "count": entry.count,
    }


LINK = (*ENTRY, _a.position, _a.hash)


def link_from_row(row: Row) -> Link:
    """Raises as `entry_from_row` does."""
    *entry, position, link = row
    return Link(entry_from_row(entry), position, link)


CHAIN_END = (_c.actor_id, _c.position, _c.hash)


def chain_end_from_row(row: Row) -> ChainEnd:
    return ChainEnd(*row)
