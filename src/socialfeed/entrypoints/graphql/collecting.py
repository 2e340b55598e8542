"""Collects the documents of clients into a manifest, if the schema has what they ask for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from graphql import GraphQLError, OperationDefinitionNode, parse

from socialfeed.entrypoints.graphql.documents import Documents, Refused
from socialfeed.entrypoints.graphql.limits import Shape
from socialfeed.entrypoints.graphql.schema import build_schema
from socialfeed.entrypoints.graphql.trusted import Manifest, read, sha256_of

_SUFFIXES = {".graphql", ".gql"}


@dataclass(slots=True)
class Collection:
    """`documents` by their hashes. `problems`, a line each, say where something is not valid; `without`: files in which
    nothing can be run, such as schemas and fragments that others import.
    """

    documents: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    without: list[Path] = field(default_factory=list)


def collected(paths: Sequence[Path]) -> Collection:
    """Files of operations, each a document as it stands; manifests; and folders, of whose files those that end in
    .graphql or .gql count. Raises `OSError`, or `ValueError` for what is no manifest.
    """
    collection, places = Collection(), dict[str, str]()
    for path in _files(paths):
        if path.suffix == ".json":
            for digest, text in read(path).items():
                places.setdefault(digest, f"{path}: {digest[:12]}…")
                collection.documents[digest] = text
            continue
        try:
            text = path.read_bytes().decode()
            definitions = parse(text).definitions
        except UnicodeDecodeError:
            collection.problems.append(f"{path}: this is not UTF-8")
            continue
        except GraphQLError as error:
            collection.problems.append(_line(str(path), error))
            continue
        if not any(isinstance(node, OperationDefinitionNode) for node in definitions):
            collection.without.append(path)
            continue
        digest = sha256_of(text)
        places[digest] = str(path)
        collection.documents[digest] = text
    collection.problems += problems(collection.documents, places)
    return collection


def problems(documents: Mapping[str, str], places: Mapping[str, str]) -> Iterator[str]:
    """A line for each error of each document, with where it stands; `places` name documents by their hashes."""
    known = Documents(build_schema(), Shape(), introspection=True, manifest=Manifest(documents))
    for digest, text in documents.items():
        try:
            known.of(text)
        except Refused as refused:
            for error in refused.errors:
                yield _line(places.get(digest, f"{digest[:12]}…"), error)


def _line(place: str, error: GraphQLError) -> str:
    at = f":{error.locations[0].line}:{error.locations[0].column}" if error.locations else ""
    return f"{place}{at}: {error.message}"


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """In an order of their names, so that the same files make the same manifest. Hidden folders and packages of others
    are left out.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for found in sorted(path.rglob("*")):
            inside = found.relative_to(path).parts
            if found.suffix in _SUFFIXES and not any(part.startswith(".") or part == "node_modules" for part in inside):
                yield found
