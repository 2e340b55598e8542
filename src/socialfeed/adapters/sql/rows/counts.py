"""A post's counters, read: what its row says and the deltas beside it, where the database has any."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Select, func, literal_column, select, true

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.tables import counter_deltas, post_counters

COUNTERS = ("likes", "comments", "shares")
COUNTS = (*COUNTERS, "version")

_p, _d = post_counters.c, counter_deltas.c


def selected_counts(dialect: Dialect, *before: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """The four of `COUNTS`, after the columns in `before`, from `post_counters`. In one statement, so that no delta is
    seen both beside the row and folded into it, or neither.
    """
    if not dialect.has_deltas:
        return select(*before, *(_p[name] for name in COUNTS))
    deltas = select(*summed(counter_deltas)).where(_d.post_id == _p.post_id).lateral("aside")
    counts = (_p[name] + deltas.c[name] for name in COUNTS)
    return select(*before, *counts).select_from(post_counters.join(deltas, true()))


def summed(deltas: FromClause) -> list[ColumnElement[int]]:
    """Zeros where there are none. Each change is one version."""
    columns = zip((*COUNTERS, "changes"), COUNTS, strict=True)
    sums = ((func.sum(deltas.c[of]), name) for of, name in columns)
    return [func.coalesce(each, literal_column("0")).cast(Integer).label(name) for each, name in sums]
