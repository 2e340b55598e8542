"""Hypothesis strategies for documents of any schema: valid ones, with everything the executor has to know."""

from collections.abc import Sequence
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    parse,
    validate,
)
from hypothesis import assume
from hypothesis import strategies as st

DEPTH = 4


class _Writer:
    """Draws one operation, collecting the variables and fragments that it needs."""

    def __init__(self, draw: Any, schema: GraphQLSchema, leave_out: Sequence[str]) -> None:
        self.chance = draw(st.randoms(use_true_random=True, note_method_calls=False))
        self.schema = schema
        self.leave_out = leave_out
        self.variables: dict[str, tuple[str, Any]] = {}
        self.fragments: list[str] = []
        self._aliases = 0

    def selections(self, type_: Any, depth: int) -> str:
        parts = [self.selection(type_, depth) for _ in range(self.chance.choice((1, 2, 2, 3, 4)))]
        return "{ " + " ".join(parts) + " }"

    def selection(self, type_: Any, depth: int) -> str:
        roll = self.chance.random()
        if roll < 0.06 or (not hasattr(type_, "fields") and roll < 0.2):
            return f"__typename{self.directives()}"
        if roll < 0.3 or not hasattr(type_, "fields"):
            return self.fragment(type_, depth)
        return self.field(type_, depth)

    def fragment(self, type_: Any, depth: int) -> str:
        on = type_
        if is_abstract_type(type_):
            on = self.chance.choice([type_, *self.schema.get_possible_types(type_)])
        elif type_.interfaces and self.chance.random() < 0.4:
            on = self.chance.choice(type_.interfaces)
        inner = self.selections(on, depth - 1) if depth > 0 else "{ __typename }"
        if self.chance.random() < 0.5:
            condition = f" on {on.name}" if on is not type_ or self.chance.random() < 0.5 else ""
            return f"...{condition}{self.directives()} {inner}"
        name = f"F{len(self.fragments)}"
        self.fragments.append(f"fragment {name} on {on.name} {inner}")
        again = f" ...{name}" if self.chance.random() < 0.2 else ""
        return f"...{name}{self.directives()}{again}"

    def field(self, type_: Any, depth: int) -> str:
        fields = [
            (name, field)
            for name, field in type_.fields.items()
            if name not in self.leave_out and (depth > 0 or is_leaf_type(get_named_type(field.type)))
        ]
        if not fields:
            return "__typename"
        name, field = self.chance.choice(fields)
        arguments = self.arguments(field)
        alias = ""
        if arguments or self.chance.random() < 0.15:
            self._aliases += 1
            alias = f"a{self._aliases}: "
        inner = ""
        if is_composite_type(get_named_type(field.type)):
            inner = " " + self.selections(get_named_type(field.type), depth - 1)
        text = f"{alias}{name}{arguments}{self.directives()}{inner}"
        if inner and self.chance.random() < 0.15:  # the same once more, to be merged
            inner = " " + self.selections(get_named_type(field.type), depth - 1)
            text += f" {alias}{name}{arguments}{inner}"
        return text

    def directives(self) -> str:
        if self.chance.random() > 0.12:
            return ""
        name = self.chance.choice(("skip", "include"))
        if self.chance.random() < 0.4:
            return f" @{name}(if: {self.chance.choice(('true', 'false'))})"
        variable = f"flag{self.chance.randrange(2)}"
        self.variables.setdefault(variable, ("Boolean!", self.chance.random() < 0.5))
        return f" @{name}(if: ${variable})"

    def arguments(self, field: Any) -> str:
        parts = []
        for name, argument in field.args.items():
            required = is_non_null_type(argument.type) and argument.default is None
            if required or self.chance.random() < 0.5:
                parts.append(f"{name}: {self.value(argument.type)}")
        return f"({', '.join(parts)})" if parts else ""

    def value(self, type_: GraphQLInputType) -> str:
        if self.chance.random() < 0.5:
            variable = f"v{len(self.variables)}"
            written = str(type_)
            if self.chance.random() < 0.2 and not is_non_null_type(type_):
                written += f" = {self.literal(type_, 2)}"
            given = _ABSENT if not is_non_null_type(type_) and self.chance.random() < 0.2 else self.given(type_, 2)
            self.variables[variable] = (written, given)
            return f"${variable}"
        return self.literal(type_, 2)

    def literal(self, type_: Any, depth: int) -> str:
        if is_non_null_type(type_):
            return self.literal(type_.of_type, depth)
        if is_list_type(type_):
            return "[" + ", ".join(self.literal(type_.of_type, depth) for _ in range(self.chance.randrange(3))) + "]"
        if isinstance(type_, GraphQLEnumType):
            return str(self.chance.choice(list(type_.values)))
        if isinstance(type_, GraphQLInputObjectType):
            parts = [
                f"{name}: {self.literal(field.type, depth - 1)}"
                for name, field in type_.fields.items()
                if is_non_null_type(field.type) or (depth > 0 and self.chance.random() < 0.5)
            ]
            return "{" + ", ".join(parts) + "}"
        return {"Int": str(self.chance.randrange(6)), "Float": "1.5", "Boolean": "true"}.get(
            type_.name, '"2026-11-21T09:30:00Z"' if "Moment" in type_.name or "Date" in type_.name else '"x"'
        )

    def given(self, type_: Any, depth: int) -> Any:
        if is_non_null_type(type_):
            return self.given(type_.of_type, depth)
        if self.chance.random() < 0.02:
            return {"wrong": "shape"}
        if is_list_type(type_):
            return [self.given(type_.of_type, depth) for _ in range(self.chance.randrange(3))]
        if isinstance(type_, GraphQLEnumType):
            return self.chance.choice(list(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return {
                name: self.given(field.type, depth - 1)
                for name, field in type_.fields.items()
                if is_non_null_type(field.type) or (depth > 0 and self.chance.random() < 0.5)
            }
        values: dict[str, list[Any]] = {"Int": [0, 1, 5], "Float": [0.5, 2], "Boolean": [True], "ID": ["x", 7]}
        moment = ["2026-11-21T09:30:00Z"] if "Moment" in type_.name or "Date" in type_.name else ["x"]
        return self.chance.choice(values.get(type_.name, moment))


_ABSENT = object()


class Asked:
    """A valid document with variables, the text of which is what Hypothesis shows."""

    def __init__(self, text: str, document: DocumentNode, variables: dict[str, Any]) -> None:
        self.text = text
        self.document = document
        self.variables = variables

    def __repr__(self) -> str:
        return f"{self.text}\nwith {self.variables}"


@st.composite
def documents(draw: Any, schema: GraphQLSchema, *, leave_out: Sequence[str] = ()) -> Asked:
    writer = _Writer(draw, schema, leave_out)
    has_mutations = schema.mutation_type is not None
    kind = "mutation" if has_mutations and writer.chance.random() < 0.25 else "query"
    root: GraphQLObjectType | None = schema.mutation_type if kind == "mutation" else schema.query_type
    body = writer.selections(root, DEPTH)
    defined = ", ".join(f"${name}: {written}" for name, (written, _) in writer.variables.items())
    text = " ".join([f"{kind} Op{f'({defined})' if defined else ''} {body}", *writer.fragments])
    document = parse(text)
    assume(not validate(schema, document, max_errors=1))
    variables = {name: value for name, (_, value) in writer.variables.items() if value is not _ABSENT}
    return Asked(text, document, variables)
