from datetime import UTC, datetime, timedelta
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import (
    EPOCH_MS,
    MAX_ID,
    MAX_NODE,
    IdFactory,
    Kind,
    PostId,
    compose,
    first_id,
    is_share,
    kind_of,
    parse_comment_id,
    parse_id,
    parse_post_id,
    parse_session_id,
    parse_user_id,
    shares_among,
    unix_ms,
)

moments = st.integers(EPOCH_MS, EPOCH_MS + (1 << 41) - 2)
kinds = st.sampled_from(Kind)
nodes = st.integers(0, MAX_NODE)
sequences = st.integers(0, 1_023)


@given(moments, kinds, nodes, sequences)
def test_an_id_tells_its_moment_and_its_kind(ms: int, kind: Kind, node: int, sequence: int) -> None:
    value = compose(ms, kind, node, sequence)
    assert 0 < value <= MAX_ID
    assert unix_ms(value) == ms
    assert kind_of(value) is kind


@given(moments, st.integers(0, 999), kinds, nodes, sequences)
def test_ids_made_from_a_moment_on_are_its_first_id_or_higher(
    ms: int, micros: int, kind: Kind, node: int, sequence: int
) -> None:
    moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms, microseconds=micros)
    assert first_id(moment) <= compose(ms, kind, node, sequence) < first_id(moment + timedelta(milliseconds=1))


def test_before_the_first_and_after_the_last_id_there_are_none() -> None:
    assert first_id(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert first_id(datetime.max.replace(tzinfo=UTC)) == MAX_ID


@given(moments, moments, kinds, kinds, nodes, sequences)
def test_ids_of_later_milliseconds_are_higher(
    first: int, second: int, one: Kind, other: Kind, node: int, sequence: int
) -> None:
    if first != second:
        earlier, later = sorted((first, second))
        assert compose(earlier, one, MAX_NODE, 1_023) < compose(later, other, node, sequence)


@given(moments, kinds, nodes, sequences)
def test_an_id_survives_being_written_down(ms: int, kind: Kind, node: int, sequence: int) -> None:
    value = compose(ms, kind, node, sequence)
    assert parse_id(str(value), kind) == value
    assert parse_id(value, kind) == value


@given(moments, kinds, kinds, nodes, sequences)
def test_an_id_of_another_kind_is_refused(ms: int, made: Kind, asked: Kind, node: int, sequence: int) -> None:
    if made is not asked:
        with pytest.raises(Invalid) as refused:
            parse_id(compose(ms, made, node, sequence), asked, "post_id")
        assert (refused.value.code, refused.value.field) == ("INVALID_ID", "post_id")


@given(st.text() | st.from_regex(r"[+-]?0*[0-9_ ]{1,30}") | st.integers())
def test_whatever_is_parsed_is_the_canonical_form_of_an_id_or_refused(value: str | int) -> None:
    try:
        number = parse_id(value, Kind.POST)
    except Invalid:
        return
    assert str(number) == str(value)
    assert kind_of(number) is Kind.POST


@pytest.mark.parametrize("spoil", ["0{}", "+{}", " {}", "{} ", "{}\n", "-{}", "{}.0", "{}0000000", "{}e0", "0x{}"])
def test_only_the_canonical_form_is_taken(spoil: str) -> None:
    value = compose(EPOCH_MS + 1, Kind.POST, 0, 0)
    with pytest.raises(Invalid):
        parse_post_id(spoil.format(value))


@pytest.mark.parametrize("value", ["", "abc", "١٢٣", "²", "NaN", str(1 << 63), "9" * 10_000, True, -1])
def test_nonsense_is_refused(value: str | int) -> None:
    with pytest.raises(Invalid):
        parse_post_id(value)


def test_each_noun_has_its_parser() -> None:
    ids = IdFactory(lambda: EPOCH_MS + 5, 1)
    user, post, comment, session = ids.user(), ids.post(), ids.comment(), ids.session()
    assert parse_user_id(str(user)) == user
    assert parse_post_id(str(post)) == post
    assert parse_comment_id(str(comment)) == comment
    assert parse_session_id(str(session)) == session


@given(st.lists(st.integers(EPOCH_MS - 10, EPOCH_MS + 100), min_size=1, max_size=300), nodes)
def test_ids_of_a_kind_increase_whatever_the_clock_does(readings: list[int], node: int) -> None:
    clock = iter(readings)
    ids = IdFactory(lambda: next(clock), node)
    made = [ids.post() for _ in readings]
    assert all(earlier < later for earlier, later in pairwise(made))
    assert all(kind_of(value) is Kind.POST for value in made)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=50), st.lists(kinds, min_size=50, max_size=50))
def test_no_id_is_made_twice(steps: list[int], nouns: list[Kind]) -> None:
    now = EPOCH_MS
    ids = IdFactory(lambda: now, 7)
    made = []
    for step, kind in zip(steps, nouns, strict=False):
        now += step
        made.append(getattr(ids, kind.name.lower())())
    assert len(set(made)) == len(made)


def test_more_ids_than_a_millisecond_holds_borrow_from_the_next() -> None:
    ids = IdFactory(lambda: EPOCH_MS + 1_000, 0)
    made = [ids.like() for _ in range(2_500)]
    assert all(earlier < later for earlier, later in pairwise(made))
    assert [unix_ms(made[place]) - EPOCH_MS for place in (0, 1_023, 1_024, 2_047, 2_048)] == [
        1_000,
        1_000,
        1_001,
        1_001,
        1_002,
    ]


def test_a_clock_that_steps_back_keeps_the_last_millisecond() -> None:
    readings = iter([EPOCH_MS + 500, EPOCH_MS + 100, EPOCH_MS + 501])
    ids = IdFactory(lambda: next(readings), 0)
    assert [unix_ms(ids.post()) - EPOCH_MS for _ in range(3)] == [500, 500, 501]


def test_two_nodes_never_make_the_same_id() -> None:
    one, other = IdFactory(lambda: EPOCH_MS + 1, 1), IdFactory(lambda: EPOCH_MS + 1, 2)
    assert not {one.post() for _ in range(2_000)} & {other.post() for _ in range(2_000)}


def test_a_factory_goes_on_under_another_node_number() -> None:
    ids, rival = IdFactory(lambda: EPOCH_MS + 1, 1), IdFactory(lambda: EPOCH_MS + 1, 1)
    made = [ids.post() for _ in range(5)]
    ids.move_to(2)
    moved = [ids.post() for _ in range(5)]
    assert not set(moved) & {*made, *(rival.post() for _ in range(20))}


@pytest.mark.parametrize("node", [-1, 256])
def test_a_node_number_out_of_range_is_an_error(node: int) -> None:
    with pytest.raises(ValueError, match="0 to 255"):
        IdFactory(lambda: EPOCH_MS, node)


def test_kind_numbers_are_stored_in_ids_and_stay() -> None:
    assert {kind.name: kind.value for kind in Kind} == {
        "USER": 1,
        "POST": 2,
        "COMMENT": 3,
        "LIKE": 4,
        "SHARE": 5,
        "FOLLOW": 6,
        "EVENT": 7,
        "CODE": 8,
        "SESSION": 9,
        "ACTIVITY": 10,
        "MEDIA": 11,
        "DRAFT": 12,
        "LIST": 13,
    }


def test_a_number_without_a_known_kind_has_none() -> None:
    assert kind_of(0) is None
    assert kind_of(15 << 18) is None


def test_ids_keep_increasing_when_a_factory_moves_to_a_lower_node() -> None:
    ids = IdFactory(lambda: 1_800_000_000_000, node=9)
    before = ids.post()

    ids.move_to(3)

    assert ids.post() > before


def test_shares_are_told_from_posts() -> None:
    made = [compose(EPOCH_MS + 1, kind, 255, 1_023) for kind in Kind]
    assert [kind for kind, value in zip(Kind, made, strict=True) if is_share(PostId(value))] == [Kind.SHARE]
    assert shares_among([PostId(value) for value in made]) == [made[list(Kind).index(Kind.SHARE)]]
