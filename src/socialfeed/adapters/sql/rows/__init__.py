"""Rows to entities and back, a module for each noun.

A row is any tuple that holds the columns named beside its function, in that order; it may come from the engine, from
psycopg or from sqlite3. The last two know nothing of our column types, so these functions do.
"""

from collections.abc import Sequence
from typing import Any

Row = Sequence[Any]
Values = dict[str, Any]
