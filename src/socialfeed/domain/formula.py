"""Arithmetic that an operator writes: `(likes + 2*comments) / (1 + age_hours/6)**1.5`, parsed once into a closure.

The grammar is Python's, the language is not: numbers, the names that the caller allows, `+ - * / **`, a minus before a
value, and a few functions. Everything else is refused with its place, so a text does nothing but compute.
"""

import ast
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LENGTH_MAX = 500
DEPTH_MAX = 50
ARGUMENTS_MAX = 8

Values = Sequence[float]
_Node = Callable[[Values], float]


@dataclass(frozen=True, slots=True)
class Formula:
    """`names` are those that it asks for, in the order of the text; its values come in the order given to `parse`."""

    text: str
    names: tuple[str, ...]
    _compute: _Node

    def __call__(self, values: Values) -> float | None:
        """A finite number, or None where there is none: after a division by zero, an overflow, a logarithm of nothing
        or the root of a negative number. Never raises.
        """
        try:
            result = self._compute(values)
        except (ArithmeticError, ValueError):
            return None
        return result if math.isfinite(result) else None


def parse(text: str, names: Sequence[str], *, age: str) -> Formula:
    """`age` is the one of the names that `decay` goes by. Raises `ValueError` with one line that says what is wrong and
    where, counted in characters from 1, without the blanks around the text.
    """
    stripped = text.strip()
    if not stripped.isascii() or not stripped.isprintable():
        raise ValueError("a formula is one line of plain ASCII")
    if not stripped:
        raise ValueError("the formula is empty")
    if len(stripped) > LENGTH_MAX:
        raise ValueError(f"the formula has {len(stripped)} characters, {LENGTH_MAX} are the most")
    reader = _Reader(tuple(names), age)
    compute = reader.read(_expression(stripped))
    return Formula(stripped, tuple(reader.asked), compute)


def _expression(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about texts that are Python, and no formula
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise _Refused(error.offset or len(text) + 1, f"this is no formula: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise ValueError(f"the formula is nested more than {DEPTH_MAX} deep") from None


class _Refused(ValueError):
    def __init__(self, place: int, what: str) -> None:
        super().__init__(f"at character {place}: {what}")


class _Reader:
    """From a tree to closures: what has no branch here is refused."""

    def __init__(self, names: tuple[str, ...], age: str) -> None:
        self._names = names
        self._age = names.index(age)
        self.asked: dict[str, None] = {}

    def read(self, node: ast.expr, depth: int = 1) -> _Node:
        if depth > DEPTH_MAX:
            raise _refused(node, f"nested more than {DEPTH_MAX} deep")
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return _constant(node, value)
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.read(operand, depth + 1)
                return lambda values: -inner(values)
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
                make = _OPERATORS[type(operator)]
                return make(self.read(left, depth + 1), self.read(right, depth + 1))
            case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]):
                return self._call(node, function, arguments, depth)
        raise _refused(node, "only numbers, terms, + - * / **, and calls of " + _listed(_FUNCTIONS))

    def _name(self, node: ast.expr, name: str) -> _Node:
        if name not in self._names:
            raise _refused(node, f"there is no term {name!r}; there are {_listed(self._names)}")
        self.asked[name] = None
        index = self._names.index(name)
        return lambda values: values[index]

    def _call(self, node: ast.expr, function: str, arguments: list[ast.expr], depth: int) -> _Node:
        if function not in _FUNCTIONS:
            raise _refused(node, f"there is no function {function!r}; there are {_listed(_FUNCTIONS)}")
        fewest, most = _FUNCTIONS[function]
        if not fewest <= len(arguments) <= most:
            wanted = "one value" if fewest == most else f"{fewest} to {most} values"
            raise _refused(node, f"{function} takes {wanted}, not {len(arguments)}")
        inner = [self.read(argument, depth + 1) for argument in arguments]
        match function:
            case "decay":
                return self._decay(node, arguments[0], inner[0])
            case "log":
                return lambda values: math.log(inner[0](values))
            case "sqrt":
                return lambda values: math.sqrt(inner[0](values))
            case "min":
                return lambda values: min([each(values) for each in inner])
            case _:
                return lambda values: max([each(values) for each in inner])

    def _decay(self, node: ast.expr, argument: ast.expr, hours: _Node) -> _Node:
        """1 for what is new, half of it `hours` later, and so on."""
        if isinstance(argument, ast.Constant) and hours(()) <= 0:
            raise _refused(node, "decay takes more than 0 hours")
        self.asked[self._names[self._age]] = None
        age = self._age
        return lambda values: math.pow(0.5, values[age] / hours(values))


_FUNCTIONS = {
    "decay": (1, 1),
    "log": (1, 1),
    "max": (2, ARGUMENTS_MAX),
    "min": (2, ARGUMENTS_MAX),
    "sqrt": (1, 1),
}
"""How many values each takes."""

_OPERATORS: dict[type[ast.operator], Callable[[_Node, _Node], _Node]] = {
    ast.Add: lambda left, right: lambda values: left(values) + right(values),
    ast.Sub: lambda left, right: lambda values: left(values) - right(values),
    ast.Mult: lambda left, right: lambda values: left(values) * right(values),
    ast.Div: lambda left, right: lambda values: left(values) / right(values),
    # Python's own ** makes a complex number of a root of what is negative.
    ast.Pow: lambda left, right: lambda values: math.pow(left(values), right(values)),
}


def _constant(node: ast.expr, value: float) -> _Node:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _refused(node, "this number is too large")
    return lambda values: number


def _refused(node: ast.expr, what: str) -> _Refused:
    return _Refused(node.col_offset + 1, what)


def _listed(names: Sequence[str] | dict[str, tuple[int, int]]) -> str:
    return ", ".join(sorted(names))
