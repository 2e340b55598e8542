"""Values that nobody would send on purpose, and some that one would, so that the others get somewhere."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_nullable_type,
)
from hypothesis import strategies as st

RAW = "\x02raw:"
"""Begins texts that stand in the JSON without quotes, for numbers that no other program would write."""

NUMBERS = [
    *(0, -1, 1, 2**31 - 1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**30, 10**400),
    *(0.5, -0.0, 1e308, 5e-324),
    *(f"{RAW}{token}" for token in ("1e999", "-1e999", "1E+2", "1.0", "-0", "9" * 5_000, "0." + "3" * 400)),
]
TEXTS = [
    *("", " ", "\x00", "a\x00b", "\x1b[31m", "\r\nSet-Cookie: a=b", "\ud800", "\udfff\ud800", "\u202e\u2066", "\ufeff"),
    *(
        "%s%n%00",
        "' OR 1=1 --",
        '"}]}',
        "{{7*7}}",
        "../../etc/passwd",
        "\\",
        "e\u0301" * 100,
        "\U0001f469\u200d\U0001f4bb",
    ),
    *("a" * 300, "ф" * 6_000, "#" * 500, "@" * 500, "()" * 200, '"' * 99, "-" * 40, "*", '"a', "null", "NaN"),
    *("9" * 19, "9" * 400, "1e3", "0x10", "１２３", "-1", "2026-02-30T25:61:61Z", "2026-11-21T09:30:00.000Z"),
    *("https://example.com/a", "javascript:alert(1)", "http://[::1", "http://a:99999/", "en", "de-AT-1996", "a@b"),
    *(base64.urlsafe_b64encode(part).decode() for part in (b"", b"\x00" * 40, b"1", b"a:b:c", b"\xff" * 30)),
]

HARD = [
    *("a\x00", "", " ", "\u202e\x1b[31m", "x" * 6_000, "9" * 400, "9" * 19, "a@b", "AA==", "2026-02-30T25:61:61Z"),
    *(2**31, -1, 2**63, 10**400, 0.5, f"{RAW}1e999", True, None, [], {}, ["a\x00"], {"a": [None]}),
]
"""The least that every variable should be asked."""

texts = st.sampled_from(TEXTS) | st.text(max_size=40)
scalars = st.none() | st.booleans() | st.sampled_from(NUMBERS) | texts
wild = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
) | st.integers(1, 60).map(lambda depth: _nested(depth))


def _nested(depth: int) -> Any:
    value: Any = []
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def usual(types: Mapping[str, GraphQLInputType], known: Sequence[str]) -> dict[str, Any]:
    """One value for each of those that there must be."""
    plain = {"ID": known[0], "Int": 1, "Boolean": True, "DateTime": "2030-01-01T00:00:00Z", "Upload": None}
    found: dict[str, Any] = {}
    for name, type_ in types.items():
        if isinstance(type_, GraphQLNonNull):
            match type_.of_type:
                case GraphQLList():
                    found[name] = []
                case GraphQLEnumType(values=values):
                    found[name] = min(values)
                case inner:
                    found[name] = plain.get(str(inner), "ada")
    return found


def fitting(type_: GraphQLInputType, known: Sequence[str]) -> st.SearchStrategy[Any]:
    """Values of a type; ids are of what is there."""
    match get_nullable_type(type_):
        case GraphQLList(of_type=inner):
            return st.lists(fitting(inner, known), max_size=3)
        case GraphQLEnumType(values=values):
            return st.sampled_from(sorted(values))
        case GraphQLInputObjectType(fields=fields):
            return st.fixed_dictionaries(
                {}, optional={name: fitting(each.type, known) for name, each in fields.items()}
            )
    plain: Mapping[str, st.SearchStrategy[Any]] = {
        "ID": st.sampled_from(known),
        "Int": st.integers(-2, 120),
        "Boolean": st.booleans(),
        "DateTime": st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
        "Upload": st.none(),
    }
    return plain.get(str(get_nullable_type(type_)), texts)


def variables(types: Mapping[str, GraphQLInputType], known: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """For each of them a value of its type, more often than not; else anything, or none at all."""
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for name, type_ in types.items():
        fit = fitting(type_, known)
        values = st.one_of(fit, fit, fit, wild)
        (required if isinstance(type_, GraphQLNonNull) else optional)[name] = values
    return st.fixed_dictionaries(required, optional=optional)


def written(value: Any) -> bytes:
    """As JSON, or what looks like it."""
    text = json.dumps(value)
    marker = json.dumps(RAW)[1:-1]
    while (start := text.find(f'"{marker}')) >= 0:
        end = text.index('"', start + 1)
        text = text[:start] + text[start + 1 + len(marker) : end] + text[end + 1 :]
    return text.encode()
