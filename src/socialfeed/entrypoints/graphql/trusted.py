"""Trusted documents: what one's own clients ask, known before it is asked.

A manifest is a JSON object of documents by their SHA-256 in hexadecimal, as relay-compiler persists them. What Apollo's
generate-persisted-query-manifest writes says the same, and is read as well.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from graphql import GraphQLError

from socialfeed.entrypoints.requests import BadRequest
from socialfeed.settings import GraphQLDocuments, Settings, SettingsError

_MESSAGE = "This server runs the documents of its manifest alone, and this is none of them."

NOT_TRUSTED = GraphQLError(_MESSAGE, extensions={"code": "DOCUMENT_NOT_TRUSTED"})


def not_trusted() -> BadRequest:
    """The same, of a document that was named by its hash."""
    return BadRequest(HTTPStatus.BAD_REQUEST, "DOCUMENT_NOT_TRUSTED", _MESSAGE)


@dataclass(frozen=True)
class Manifest:
    """Documents by their hashes; `alone` if no others are run."""

    documents: Mapping[str, str] = field(default_factory=dict, hash=False)
    alone: bool = False

    @cached_property
    def texts(self) -> frozenset[str]:
        return frozenset(self.documents.values())


def manifest_of(settings: Settings) -> Manifest:
    """What the settings name. Raises `SettingsError`."""
    path, alone = settings.graphql_manifest, settings.graphql_documents is GraphQLDocuments.TRUSTED
    if path is None:
        return Manifest(alone=alone)
    try:
        return Manifest(read(path), alone)
    except OSError as error:
        raise SettingsError(
            f"SOCIALFEED_GRAPHQL_MANIFEST: {path}: {error.strerror}; socialfeed documents collect makes this file"
        ) from error
    except ValueError as error:
        raise SettingsError(f"SOCIALFEED_GRAPHQL_MANIFEST: {error}") from error


def read(path: Path) -> dict[str, str]:
    """The documents of a file by their hashes. Raises `OSError`, or `ValueError` in one line."""
    try:
        documents = dict(_listed(msgspec.json.decode(path.read_bytes())))
    except (msgspec.MsgspecError, TypeError, KeyError, RecursionError):
        raise ValueError(f"{path} is no manifest of documents: see socialfeed documents collect --help") from None
    for digest, text in documents.items():
        if sha256_of(text) != digest:
            raise ValueError(f"{path}: {digest[:70]!r} is not the SHA-256 of the document that it stands for")
    return documents


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _listed(content: Any) -> Iterator[tuple[str, str]]:
    """Raises `TypeError` or `KeyError` where it is none of the three."""
    if isinstance(content, dict) and content.get("format") == "apollo-persisted-query-manifest":
        pairs = [(each["id"], each["body"]) for each in content["operations"]]
    else:
        pairs = list(dict.items(content))
    for digest, text in pairs:
        if not isinstance(digest, str) or not isinstance(text, str):
            raise TypeError
        yield digest, text
