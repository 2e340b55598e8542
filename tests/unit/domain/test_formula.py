"""Formulas compute what they say, and nothing else ever happens."""

import math
from collections.abc import Callable, Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from socialfeed.domain.formula import ARGUMENTS_MAX, DEPTH_MAX, LENGTH_MAX, Formula, parse
from socialfeed.domain.scores import DEFAULT, Terms, parse_score

NAMES = ("likes", "age_hours", "priority")
NOTHING = (0.0, 0.0, 0.0)

Oracle = Callable[[Sequence[float]], float]
Pair = tuple[str, Oracle]

numbers = st.floats(allow_nan=False, allow_infinity=False, min_value=0).filter(lambda number: number < 1e300)
values = st.tuples(*[st.one_of(st.floats(), st.integers(-3, 3).map(float))] * len(NAMES))


def value_of(text: str, values: Sequence[float] = NOTHING) -> float | None:
    return parse(text, NAMES, age="age_hours")(values)


def _number(number: float) -> Pair:
    return repr(number), lambda _: number


def _term(name: str) -> Pair:
    return name, lambda values: values[NAMES.index(name)]


def _binary(parts: tuple[Pair, str, Pair]) -> Pair:
    (left, of_left), operator, (right, of_right) = parts
    work: dict[str, Callable[[float, float], float]] = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
        "**": math.pow,
    }
    return f"({left}) {operator} ({right})", lambda values: work[operator](of_left(values), of_right(values))


def _unary(parts: tuple[str, Pair]) -> Pair:
    function, (inner, of_inner) = parts
    work: dict[str, Callable[[Sequence[float]], float]] = {
        "-": lambda values: -of_inner(values),
        "log": lambda values: math.log(of_inner(values)),
        "sqrt": lambda values: math.sqrt(of_inner(values)),
        "decay": lambda values: math.pow(0.5, values[NAMES.index("age_hours")] / of_inner(values)),
    }
    return f"{function}({inner})", work[function]


def _extreme(parts: tuple[str, list[Pair]]) -> Pair:
    function, inner = parts
    work = {"min": min, "max": max}[function]
    return f"{function}({', '.join(text for text, _ in inner)})", lambda values: work([of(values) for _, of in inner])


formulas: st.SearchStrategy[Pair] = st.recursive(
    st.one_of(numbers.map(_number), st.sampled_from(NAMES).map(_term)),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map(_binary),
        st.tuples(st.sampled_from(["-", "log", "sqrt", "decay"]), inner).map(_unary),
        st.tuples(st.sampled_from(["min", "max"]), st.lists(inner, min_size=2, max_size=3)).map(_extreme),
    ),
    max_leaves=6,
)

PIECES = (
    "likes age_hours priority log sqrt min max decay + - * / ** ( ) , . 1 0 2.5 1e308 1e999 0x1F 1_000 1j [ ] { } : := "
    "== < if else for in lambda not and or is await yield * = ' \" \\ # ; @ % // ~ ^ & | ! $ ? ... __import__ os exec "
    "True None nan __class__ likes() log(likes) f'{likes}'"
)
pieces = st.sampled_from(PIECES.split())


def parsed(text: str) -> Formula | str:
    """The formula, or why there is none."""
    try:
        return parse(text, NAMES, age="age_hours")
    except ValueError as error:
        return str(error)


@given(formulas, values)
@example(("log(likes)", lambda values: math.log(values[0])), NOTHING)
def test_a_formula_is_worth_what_python_makes_of_it_or_nothing(written: Pair, values: Sequence[float]) -> None:
    text, oracle = written
    try:
        expected: float | None = oracle(values)
    except (ArithmeticError, ValueError):
        expected = None
    if expected is not None and not math.isfinite(expected):
        expected = None

    formula = parsed(text)

    if isinstance(formula, str):
        assert len(text) > LENGTH_MAX or "decay takes more than 0" in formula
    else:
        assert formula(values) == expected


@given(st.lists(pieces, max_size=40).map(" ".join) | st.lists(pieces, max_size=40).map("".join) | st.text(), values)
def test_any_text_is_refused_in_one_line_or_computes(text: str, values: Sequence[float]) -> None:
    formula = parsed(text)

    if isinstance(formula, str):
        assert formula
        assert "\n" not in formula
    else:
        value = formula(values)
        assert value is None or math.isfinite(value)
        assert set(formula.names) <= set(NAMES)


HOSTILE = """
__import__('os').system('true')
likes.__class__
().__class__
(lambda: 1)()
[likes for likes in (1, 2)][0]
likes[0]
likes if likes else 1
(likes := 3)
likes < 3
not likes
~likes
+likes
likes // 2
likes % 2
likes @ 2
likes << 9
likes & 1
likes and 1
'likes'
b'likes'
f'{likes}'
True
None
1j
...
log
log(likes)(1)
(log)(likes).real
log(*[likes])
log(x=likes)
log(likes, x=2)
likes()
eval(1)
print(likes)
likes, shares
{likes}
{1: 2}
await likes
yield likes
lambda: likes
""".strip().splitlines()


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_arithmetic_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(ValueError, match=r"^at character \d+: [^\n]+$"):
        value_of(text)


@pytest.mark.parametrize(
    ("text", "place", "about"),
    [
        ("likes + 2*coments", 11, "there is no term 'coments'; there are age_hours, likes, priority"),
        ("1 + exp(likes)", 5, "there is no function 'exp'; there are decay, log, max, min, sqrt"),
        ("(likes + 1", 1, "this is no formula: '(' was never closed"),
        ("likes + ", 8, "this is no formula: invalid syntax"),
        ("  likes + x  ", 9, "there is no term 'x'"),
        ("2 * log()", 5, "log takes one value, not 0"),
        ("max(likes)", 1, f"max takes 2 to {ARGUMENTS_MAX} values, not 1"),
        ("likes * decay(0)", 9, "decay takes more than 0 hours"),
        ("1 + 1e999", 5, "this number is too large"),
        ("1 + " + "9" * 400, 5, "this number is too large"),
        ("likes = 1", 7, "this is no formula"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, place: int, about: str) -> None:
    with pytest.raises(ValueError) as refused:
        value_of(text)
    assert str(refused.value).startswith(f"at character {place}: {about}")


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("", "the formula is empty"),
        (" \n ", "the formula is empty"),
        ("likes +\nlikes", "a formula is one line of plain ASCII"),
        ("ｌｉｋｅｓ", "a formula is one line of plain ASCII"),
        ("likes\0", "a formula is one line of plain ASCII"),
        ("1" + "+1" * (LENGTH_MAX // 2), f"the formula has {LENGTH_MAX + 1} characters, {LENGTH_MAX} are the most"),
        ("-" * (LENGTH_MAX - 1) + "1", f"nested more than {DEPTH_MAX} deep"),
        ("(" * 249 + "1" + ")" * 249, "too many nested parentheses"),
        ("1" + "+1" * DEPTH_MAX, f"nested more than {DEPTH_MAX} deep"),
    ],
)
def test_a_formula_is_a_line_of_some_length_and_depth(text: str, about: str) -> None:
    with pytest.raises(ValueError, match=about):
        value_of(text)


def test_as_deep_as_may_be_is_computed() -> None:
    assert value_of("1" + "+1" * (DEPTH_MAX - 1)) == DEPTH_MAX


@pytest.mark.parametrize(
    "text",
    [
        "1 / likes", "log(likes)", "log(likes - 1)", "sqrt(likes - 1)", "(likes - 8) ** 0.3", "likes ** -1",
        "9 ** 9 ** 9 ** 9", "1e300 * 1e300", "1e300 * 1e300 - 1e300 * 1e300", "decay(likes)",
    ],
)  # fmt: skip
def test_what_cannot_be_computed_has_no_value(text: str) -> None:
    assert value_of(text) is None


def test_decay_halves_and_halves_again() -> None:
    assert [value_of("8 * decay(6)", (0.0, age, 0.0)) for age in (0.0, 6.0, 12.0, 18.0)] == [8.0, 4.0, 2.0, 1.0]


def test_operators_bind_as_they_do_in_python() -> None:
    assert value_of("2 + 3 * 4 ** 2 / 8 - -1") == 2 + 3 * 4**2 / 8 - -1
    assert value_of("-2 ** 2") == -4


def test_a_formula_tells_which_terms_it_asks_for_in_their_order() -> None:
    assert parse("priority * likes + likes", NAMES, age="age_hours").names == ("priority", "likes")
    assert parse("likes * decay(2)", NAMES, age="age_hours").names == ("likes", "age_hours")
    assert parse("1", NAMES, age="age_hours").names == ()


@pytest.mark.parametrize(
    "text", ["likes + 2*comments + 3*shares", "(likes + 2*comments) / (1 + age_hours/6)**1.5", DEFAULT]
)
def test_formulas_of_the_documentation_are_scores(text: str) -> None:
    old = Terms(9, 4, 1, age_hours=48, priority=0, affinity=0, is_followed=1, is_own=0)
    liked = old._replace(likes=10)
    score = parse_score(text)
    worth, more = score(old), score(liked)
    assert worth is not None
    assert more is not None
    assert 0 < worth < more
