"""Operations with a variable wherever a value may stand: those that are published, and one for every field."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLInputType,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    build_schema,
    get_named_type,
    is_leaf_type,
    parse,
    parse_type,
    print_ast,
    separate_operations,
    type_from_ast,
    visit,
)
from graphql.language import Visitor

from socialfeed.entrypoints.graphql.schema import sdl

ROOT = Path(__file__).parents[3]
PUBLISHED = sorted(
    [
        *(ROOT / "examples" / "operations").glob("*.graphql"),
        *(ROOT / "src/socialfeed/entrypoints/graphql/explorer/examples").glob("*.graphql"),
    ]
)


class Asked(NamedTuple):
    """`types` of its variables by their names."""

    name: str
    text: str
    types: dict[str, GraphQLInputType]

    def __str__(self) -> str:
        return self.name


@cache
def schema() -> GraphQLSchema:
    return build_schema(sdl())


def published() -> Iterator[Asked]:
    for path in PUBLISHED:
        for name, document in separate_operations(parse(path.read_text(encoding="utf-8"))).items():
            yield _lifted(f"{path.stem}.{name}", document)


def of_every_field() -> Iterator[Asked]:
    for root in (schema().query_type, schema().mutation_type):
        assert root is not None
        for name, field in root.fields.items():
            declared = ", ".join(f"${each}: {argument.type}" for each, argument in field.args.items())
            given = ", ".join(f"{each}: ${each}" for each in field.args)
            selected = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
            called = f"{name}({given})" if given else name
            text = f"{root.name.lower()} {f'({declared})' if declared else ''} {{ {called} {selected} }}"
            yield Asked(f"{root.name}.{name}", text, {each: argument.type for each, argument in field.args.items()})


def _lifted(name: str, document: DocumentNode) -> Asked:
    """With a variable in place of each literal that is an argument."""
    info, lifter = TypeInfo(schema()), _Lifter()
    lifter.info = info
    lifted: DocumentNode = visit(document, TypeInfoVisitor(info, lifter))
    [operation] = [each for each in lifted.definitions if isinstance(each, OperationDefinitionNode)]
    types = dict(lifter.types)
    for definition in operation.variable_definitions or ():
        type_: Any = type_from_ast(schema(), definition.type)
        types[definition.variable.name.value] = type_
    more = tuple(
        VariableDefinitionNode(
            variable=VariableNode(name=NameNode(value=each)), type=parse_type(str(type_)), directives=()
        )
        for each, type_ in lifter.types.items()
    )
    whole = replace(operation, variable_definitions=(*(operation.variable_definitions or ()), *more))
    definitions = tuple(whole if each is operation else each for each in lifted.definitions)
    return Asked(name, print_ast(DocumentNode(definitions=definitions)), types)


class _Lifter(Visitor):
    info: TypeInfo

    def __init__(self) -> None:
        super().__init__()
        self.types: dict[str, GraphQLInputType] = {}

    def enter_argument(self, node: ArgumentNode, *_: Any) -> ArgumentNode | None:
        type_ = self.info.get_input_type()
        if isinstance(node.value, VariableNode) or type_ is None:
            return None
        name = f"lifted{len(self.types)}"
        self.types[name] = type_
        return ArgumentNode(name=node.name, value=VariableNode(name=NameNode(value=name)))
