"""Automatic persisted queries: clients send the hash of an operation in place of its text, once it is known here.

The protocol is Apollo's (`extensions.persistedQuery`, version 1, SHA-256 in hexadecimal). What is kept was valid, is no
longer than what is cached anyway, and lies in a cache: forgotten, it is sent again.
"""

import hashlib
import re
from collections import OrderedDict
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from socialfeed.application.ports.cache import Cache
from socialfeed.entrypoints.graphql.documents import CACHED, CACHED_LENGTH
from socialfeed.entrypoints.graphql.execution import Operation, Outcome
from socialfeed.entrypoints.requests import BadRequest, malformed

LIFE = timedelta(days=7)

_HASH = re.compile(r"[0-9a-f]{64}")

NOT_FOUND = Outcome(
    {"errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]}
)
"""The message is part of the protocol, and so is the status: clients look for it in an answer of 200."""


class PersistedQueries:
    """Texts by their hashes: the newest in the process, all of them in the cache that processes share."""

    def __init__(self) -> None:
        self._near: OrderedDict[str, str] = OrderedDict()

    async def whole(self, operation: Operation, digest: str, cache: Cache) -> Operation | None:
        """The operation with its text; None where that is not known. Raises `BadRequest` if text and hash differ."""
        if operation.query:
            if hashlib.sha256(operation.query.encode()).hexdigest() != digest:
                raise BadRequest(
                    HTTPStatus.BAD_REQUEST, "PERSISTED_QUERY_MISMATCH", "This is not the hash of this operation."
                )
            return operation
        text = self._near.get(digest)
        if text is None:
            key = _key(digest)
            content = (await cache.get_many([key])).get(key)
            if content is None:
                return None
            text = content.decode()
            self._keep_near(digest, text)
        return replace(operation, query=text)

    async def keep(self, operation: Operation, digest: str, cache: Cache) -> None:
        """Of an operation that was run."""
        if digest in self._near or len(operation.query) > CACHED_LENGTH:
            return
        self._keep_near(digest, operation.query)
        await cache.fill_many({_key(digest): operation.query.encode()}, LIFE)

    def _keep_near(self, digest: str, text: str) -> None:
        self._near[digest] = text
        if len(self._near) > CACHED:
            self._near.popitem(last=False)


def hash_of(extensions: Any) -> str | None:
    """The hash in a request's extensions; None where it sends none. Raises `BadRequest`."""
    asked = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    if asked is None:
        return None
    digest = asked.get("sha256Hash") if isinstance(asked, dict) else None
    if not isinstance(asked, dict) or asked.get("version") != 1 or not isinstance(digest, str):
        raise malformed("Persisted queries of version 1 have a sha256Hash.")
    if not _HASH.fullmatch(digest):
        raise malformed("A sha256Hash has 64 hexadecimal digits, in lower case.")
    return digest


def _key(digest: str) -> str:
    return f"apq:{digest}"
