"""Persisted documents: clients send the hash of an operation in place of its text, where it is known here.

Some are known from the manifest. Others become known when they are sent once with their hash, by Apollo's protocol of
automatic persisted queries (`extensions.persistedQuery`, version 1, SHA-256 in hexadecimal). What is kept of these was
valid, is no longer than what is cached anyway, and lies in a cache: forgotten, it is sent again.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from socialfeed.application.ports.cache import Cache
from socialfeed.entrypoints.graphql.documents import CACHED, CACHED_LENGTH
from socialfeed.entrypoints.graphql.execution import Operation, Outcome
from socialfeed.entrypoints.graphql.trusted import Manifest, not_trusted, sha256_of
from socialfeed.entrypoints.requests import BadRequest, malformed

LIFE = timedelta(days=7)

_HASH = re.compile(r"[0-9a-f]{64}")

NOT_FOUND = Outcome(
    {"errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]}
)
"""The message is part of the protocol, and so is the status: clients look for it in an answer of 200."""


class PersistedQueries:
    """Texts by their hashes: those of the manifest, the newest others in the process, all of these in the cache that
    processes share. Where the manifest stands alone, there are no others.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._near: OrderedDict[str, str] = OrderedDict()

    async def whole(self, operation: Operation, digest: str, cache: Cache) -> Operation | None:
        """The operation with its text; None where that is not known. Raises `BadRequest` if text and hash differ, or
        none but known ones are run.
        """
        if operation.query:
            if sha256_of(operation.query) != digest:
                raise BadRequest(
                    HTTPStatus.BAD_REQUEST, "PERSISTED_QUERY_MISMATCH", "This is not the hash of this operation."
                )
            return operation
        text = self._manifest.documents.get(digest) or self._near.get(digest)
        if text is None and self._manifest.alone:
            raise not_trusted()
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
        if self._is_known(digest) or len(operation.query) > CACHED_LENGTH:
            return
        self._keep_near(digest, operation.query)
        await cache.fill_many({_key(digest): operation.query.encode()}, LIFE)

    def _is_known(self, digest: str) -> bool:
        return digest in self._near or digest in self._manifest.documents

    def _keep_near(self, digest: str, text: str) -> None:
        self._near[digest] = text
        if len(self._near) > CACHED:
            self._near.popitem(last=False)


def hash_of(data: Mapping[str, Any]) -> str | None:
    """The hash by which a request names its document, in the way of Apollo or of the specification's appendix on
    persisted documents; None where it names none. Raises `BadRequest`.
    """
    given = [each for each in (_by_extension(data.get("extensions")), _by_id(data.get("documentId"))) if each]
    if len(set(given)) > 1:
        raise malformed("The documentId and the sha256Hash are of different documents.")
    return given[0] if given else None


def _by_extension(extensions: Any) -> str | None:
    asked = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    if asked is None:
        return None
    digest = asked.get("sha256Hash") if isinstance(asked, dict) else None
    if not isinstance(asked, dict) or asked.get("version") != 1 or not isinstance(digest, str):
        raise malformed("Persisted queries of version 1 have a sha256Hash.")
    if not _HASH.fullmatch(digest):
        raise malformed("A sha256Hash has 64 hexadecimal digits, in lower case.")
    return digest


def _by_id(document_id: Any) -> str | None:
    if document_id is None:
        return None
    digest = document_id.removeprefix("sha256:") if isinstance(document_id, str) else ""
    if not _HASH.fullmatch(digest):
        raise malformed("A documentId is sha256: with 64 hexadecimal digits, in lower case.")
    return digest


def _key(digest: str) -> str:
    return f"apq:{digest}"
