"""From what a client sends to an operation."""

from typing import Any

from socialfeed.entrypoints.graphql.execution import Operation
from socialfeed.entrypoints.graphql.persisted import hash_of
from socialfeed.entrypoints.requests import malformed


def operation_of(data: Any, *, reads: bool = False) -> Operation:
    """The operation in a JSON value; `reads` if it came in a way that may change nothing. Raises `BadRequest`."""
    if isinstance(data, list):
        raise malformed("One operation a request: batches are not accepted.")
    if not isinstance(data, dict):
        raise malformed("Send a JSON object.")
    query, variables, name = data.get("query"), data.get("variables"), data.get("operationName")
    extensions = data.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise malformed('"extensions" must be an object.')
    digest = hash_of(data)
    if digest is not None and query is None:
        query = ""
    elif not isinstance(query, str) or not query.strip():
        raise malformed('"query" must be the text of an operation.')
    if variables is not None and not isinstance(variables, dict):
        raise malformed('"variables" must be an object.')
    if name is not None and not isinstance(name, str):
        raise malformed('"operationName" must be a string.')
    return Operation(query, variables or {}, name or None, reads=reads, hash=digest)
