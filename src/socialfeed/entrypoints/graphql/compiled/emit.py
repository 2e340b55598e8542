"""The source of the functions that make an answer out of objects.

Of a client's text only response names get into the source, as literals, and only if they are names by the grammar of
GraphQL. Everything else is a number, a word of the schema's author, or a constant in the namespace of the functions.

An object becomes a dict display whose values are expressions: read, look at the class, keep or convert. Each selection
has two functions, `object_n` for sources that are read by attribute and `mapping_n` for those that are read by key.
"""

import re
from keyword import iskeyword
from typing import Any, Protocol

from graphql import (
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    get_named_type,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
)

from socialfeed.entrypoints.graphql.compiled.plan import Field, Planner, Selection, Unsupported
from socialfeed.entrypoints.graphql.compiled.values import INLINE, leaf, names_of

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*", re.ASCII)


class Namespace(Protocol):
    """Where the functions live. Each method answers the name of what it puts there."""

    def constant(self, kind: str, value: Any) -> str: ...

    def selection(self, selection: Selection) -> int:
        """The number of a selection whose functions will be there when they are called."""

    def abstract(self, type_: GraphQLAbstractType, field: Field) -> str: ...

    def typed(self, type_: GraphQLObjectType, field: Field) -> str: ...

    def binding(self, field: Field) -> str: ...


class Emitter:
    def __init__(self, planner: Planner, names: Namespace) -> None:
        self._planner = planner
        self._names = names
        self._leaves: dict[str, tuple[str, str]] = {}
        self._functions: list[str] = []

    def functions(self, selection: Selection, *, of_mappings: bool) -> str:
        """The source of one function, and of those it calls for single fields."""
        self._functions = []
        waits: list[str] = []
        entries = [
            f"        {literal(field.key)}: {self._entry(selection, field, waits, of_mappings=of_mappings)},\n"
            for field in selection.fields
        ]
        name = f"{'mapping' if of_mappings else 'object'}_{selection.number}"
        parameters = "o, path, run" if selection.is_live else "o"
        lines = [f"def {name}({parameters}):\n"]
        if of_mappings:
            lines.append("    get = o.get\n")
        lines += ["    d = {\n", *entries, "    }\n"]
        for wait in waits:
            lines.append(f"    if type({wait}) is Wait:\n        {wait}.target = d\n")
        lines.append("    return d\n")
        return "".join([*self._functions, *lines])

    def _entry(self, selection: Selection, field: Field, waits: list[str], *, of_mappings: bool) -> str:
        if field.is_typename:
            return self._names.constant("typename", field.parent.name)
        if field.reads is None:
            wait = f"w{len(waits)}"
            waits.append(wait)
            return f"({wait} := {self._call(field)}(o, path, run))"
        read = _mapping_read(field.reads) if of_mappings else _object_read(field.reads)
        if not self._planner.is_live(field.type, field.details):
            return self._value(field.type, field, "v", f"(v := {read})")
        place = self._path(field)
        info = self._info(field, place) if _needs_info(field.type) else "None"
        return f"{self._done(field)}({read}, {place}, {info}, run)"

    def _call(self, field: Field) -> str:
        """A function that asks the resolver of a field, remembers what it said, and completes it or has it waited
        for.
        """
        resolve = self._names.constant("resolve", field.resolve)
        call, done = f"call_{resolve}", self._done(field)
        arguments = ""
        lines = [
            f"def {call}(o, path, run):\n",
            f"    p = {self._path(field)}\n",
            f"    info = {self._info(field, 'p')}\n",
        ]
        if field.definition.args or field.nodes[0].arguments:
            lines.append(f"    a = {self._names.binding(field)}(run)\n")
            arguments = ", **a"
        lines += [
            "    calls = run.calls\n",
            "    calls.append(p)\n",
            f"    v = {resolve}(o, info{arguments})\n",
            "    calls.append(v)\n",
            "    if type(v) in AWAITABLE:\n",
            f"        w = Wait(v, {done}, {literal(field.key)}, info, len(calls) - 1)\n",
            "        run.pending.append(w)\n",
            "        return w\n",
            f"    return {done}(v, p, info, run)\n",
        ]
        self._functions.append("".join(lines))
        return call

    def _done(self, field: Field) -> str:
        """A function that completes the value of a field that has to know its place."""
        name = self._names.constant("done", None)
        value = self._value(field.type, field, "v", "v")
        self._functions.append(f"def {name}(v, p, info, run):\n    return {value}\n")
        return name

    def _path(self, field: Field) -> str:
        return f"new(Path, (path, {literal(field.key)}, {self._names.constant('typename', field.parent.name)}))"

    def _info(self, field: Field, place: str) -> str:
        constant = self._names.constant
        parts = [
            constant("name", field.name),
            constant("nodes", field.nodes),
            constant("type", field.type),
            constant("type", field.parent),
            place,
            "SCHEMA, FRAGMENTS, run.root, OPERATION, run.variables, run.context, is_awaitable, None, HELPERS",
        ]
        return f"new(Info, ({', '.join(parts)}))"

    def _value(self, type_: GraphQLOutputType, field: Field, v: str, read: str, path: str = "p", depth: int = 0) -> str:
        """An expression for the completed value. `read` is evaluated once, first, and leaves the value in `v`."""
        nullable = not is_non_null_type(type_)
        inner: Any = type_.of_type if is_non_null_type(type_) else type_
        if is_list_type(inner):
            return self._list(inner.of_type, field, v, read, path, depth, nullable=nullable)
        if isinstance(inner, (GraphQLScalarType, GraphQLEnumType)):
            return self._leaf(inner, v, read, nullable=nullable)
        place = ", p, run, info" if path == "p" else f", {path}, run, info"
        if is_abstract_type(inner):
            name = self._names.abstract(inner, field)
            return f"(None if {read} is None else {name}({v}{place}))" if nullable else f"{name}({read}{place})"
        if inner.is_type_of is not None:
            name = self._names.typed(inner, field)
            return f"(None if {read} is None else {name}({v}{place}))" if nullable else f"{name}({read}{place})"
        below = self._planner.below(inner, field.details)
        number = self._names.selection(below)
        rest = f", {path}, run" if below.is_live else ""
        absent = f"None if {v} is None else " if nullable else ""
        return (
            f"(object_{number}({v}{rest}) if type({read}) in PLAIN else "
            f"mapping_{number}({v}{rest}) if type({v}) is dict else {absent}any_{number}({v}{rest}))"
        )

    def _list(
        self, of: GraphQLOutputType, field: Field, v: str, read: str, path: str, depth: int, *, nullable: bool
    ) -> str:
        item, index = f"x{depth}", f"i{depth}"
        items = f"{v} if type({v}) is list or type({v}) is tuple else listing({v})"
        if self._planner.is_live(of, field.details):
            value = self._value(of, field, item, item, f"new(Path, ({path}, {index}, None))", depth + 1)
            made = f"[{value} for {index}, {item} in enumerate({items})]"
        else:
            value = self._value(of, field, item, item, path, depth + 1)
            made = f"[{value} for {item} in ({items})]"
        return f"({'None' if nullable else f'listing({v})'} if {read} is None else {made})"

    def _leaf(self, type_: GraphQLScalarType | GraphQLEnumType, v: str, read: str, *, nullable: bool) -> str:
        if type_.name not in self._leaves:
            self._leaves[type_.name] = self._leaf_names(type_)
        names, whole = self._leaves[type_.name]
        inline = INLINE.get(type_.coerce_output_value) if isinstance(type_, GraphQLScalarType) else None
        if inline is not None:
            absent = f"None if {v} is None else " if nullable else ""
            return f"({inline.format(v=v, r=read)}{absent}{whole}({v}))"
        if nullable:
            return f"(None if {read} is None else {f'{names}[{v}]' if names else f'{whole}({v})'})"
        return f"{names}[{read}]" if names else f"{whole}({read})"

    def _leaf_names(self, type_: GraphQLScalarType | GraphQLEnumType) -> tuple[str, str]:
        names = names_of(type_) if isinstance(type_, GraphQLEnumType) else None
        if names is not None:
            return self._names.constant("names", names), ""
        return "", self._names.constant("leaf", leaf(type_.coerce_output_value))


def literal(name: str) -> str:
    """A response name as Python source. Raises `Unsupported` for what no parser of GraphQL lets through."""
    if not _NAME.fullmatch(name):
        raise Unsupported("name")
    return repr(name)


def _object_read(attribute: str) -> str:
    if _NAME.fullmatch(attribute) and not iskeyword(attribute):
        return f"o.{attribute}"
    return f"getattr(o, {attribute!r})"


def _mapping_read(key: str) -> str:
    return f"get({key!r})"


def _needs_info(type_: GraphQLOutputType) -> bool:
    named = get_named_type(type_)
    return is_abstract_type(named) or (isinstance(named, GraphQLObjectType) and named.is_type_of is not None)
