"""The arguments of resolvers: what does not depend on variables is read once, and the rest once an operation where
resolvers cannot change it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import Undefined, VariableNode, is_non_null_type
from graphql.execution.values import VariableValues, get_argument_values
from graphql.language import Node, Visitor, visit

from socialfeed.entrypoints.graphql.compiled.plan import Field
from socialfeed.entrypoints.graphql.compiled.running import Run
from socialfeed.entrypoints.graphql.compiled.values import is_shared

Bind = Callable[[Run], Mapping[str, Any]]

_NO_VARIABLES = VariableValues({}, {})


def binding(field: Field, *, hide_suggestions: bool) -> Bind:
    """How a field's resolver gets its arguments in one run of an operation."""
    definition, node = field.definition, field.nodes[0]

    def whole(run: Run) -> Mapping[str, Any]:
        return get_argument_values(definition, node, run.variables, None, hide_suggestions)

    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    if not any(_has_variables(value) for value in given.values()):
        values = get_argument_values(definition, node, _NO_VARIABLES, None, hide_suggestions)
        return (lambda _: values) if is_shared(values.values()) else whole
    direct = {
        definition.args[name].out_name or name: (value.name.value, is_non_null_type(definition.args[name].type))
        for name, value in given.items()
        if isinstance(value, VariableNode)
    }
    rest = _rest(field, direct)

    def bind(run: Run) -> Mapping[str, Any]:
        known = run.arguments.get(bind)
        if known is None:
            known = _quickly(run, rest, direct) or whole(run)
            if is_shared(known.values()):
                run.arguments[bind] = known
        return known

    return bind


def _rest(field: Field, direct: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The arguments that are no variables, in their order, if they can be read now; with places for those that are."""
    given = {argument.name.value: argument.value for argument in field.nodes[0].arguments or ()}
    values: dict[str, Any] = {}
    for name, argument in field.definition.args.items():
        key = argument.out_name or name
        if key in direct:
            values[key] = Undefined
        elif name in given or argument.default is not None or argument.default_value is not Undefined:
            return None
    return values


def _quickly(
    run: Run, rest: Mapping[str, Any] | None, direct: Mapping[str, tuple[str, bool]]
) -> Mapping[str, Any] | None:
    if rest is None:
        return None
    values, coerced = dict(rest), run.variables.coerced
    for key, (variable, is_required) in direct.items():
        value = coerced.get(variable, Undefined)
        if value is Undefined or (value is None and is_required):
            return None
        values[key] = value
    return values


def _has_variables(node: Node) -> bool:
    finder = _Finder()
    visit(node, finder)
    return finder.found


class _Finder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, _node: VariableNode, *_: Any) -> None:
        self.found = True
