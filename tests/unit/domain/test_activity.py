"""Entries are hashed in one form for ever: whoever changes it calls every log that exists a forgery."""

import hashlib
import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import assume, given

from socialfeed.domain.activity import NO_LINK, NOBODY, Action, Activity, Outcome, link_hash
from socialfeed.domain.ids import EPOCH_MS, ActivityId, Kind, UserId, compose, kind_of

numbers = st.integers(0, (1 << 63) - 1)
texts = st.text(st.characters(), max_size=20)
BY_FIELD: dict[str, st.SearchStrategy[Any]] = {
    "id": numbers,
    "actor_id": numbers,
    "action": st.sampled_from(Action),
    "outcome": st.sampled_from(Outcome),
    "object_id": st.none() | numbers,
    "address": texts,
    "details": st.dictionaries(texts, texts, max_size=4),
    "count": st.integers(1, 1_000),
}
entries = st.builds(Activity, **BY_FIELD)

EXAMPLE = Activity(
    ActivityId(267_464_894_572_923_905),
    UserId(4_194_566_144),
    Action.ROLE_ASSIGN,
    Outcome.DENIED,
    8_388_870_144,
    "2001:db8::7",
    {"role": "moderator", "by": 'Zoë "Z" 🎈'},
    2,
)
CANONICAL = (
    rb'[267464894572923905,4194566144,"role:assign","denied",8388870144,"2001:db8::7",'
    rb'{"by":"Zo\u00eb \"Z\" \ud83c\udf88","role":"moderator"},2]'
)


def test_the_form_that_is_hashed_never_changes() -> None:
    assert EXAMPLE.canonical() == CANONICAL
    first = link_hash(NO_LINK, CANONICAL)
    assert first.hex() == "2c105a13c2c93eed672afce7431c7baa2052dc655287c2dddbf5769aefa30837"
    assert (
        link_hash(b"\x01" * 32, CANONICAL).hex() == "1363f16fc6b59af4f0eda020da912937eabb65dda21e0020ac07fe6a8987921a"
    )


def test_an_entry_of_few_words_has_a_form_too() -> None:
    entry = Activity(ActivityId(1), NOBODY, Action.SESSION_BEGIN)
    assert entry.canonical() == b'[1,0,"session:begin","done",null,"",{},1]'


@given(entries)
def test_the_form_is_ascii_whatever_people_write(entry: Activity) -> None:
    assert entry.canonical().isascii()


@given(st.data())
def test_a_change_of_any_field_shows(data: st.DataObject) -> None:
    entry = data.draw(entries)
    name = data.draw(st.sampled_from([field.name for field in fields(Activity)]))
    other = data.draw(BY_FIELD[name])
    assume(getattr(entry, name) != other)
    changed = replace(entry, **{name: other})
    assert link_hash(NO_LINK, changed.canonical()) != link_hash(NO_LINK, entry.canonical())


@given(st.data())
def test_the_order_of_details_is_of_no_account(data: st.DataObject) -> None:
    entry = data.draw(entries)
    shuffled = dict(data.draw(st.permutations(list(entry.details.items()))))
    assert replace(entry, details=shuffled).canonical() == entry.canonical()


@given(st.lists(entries, min_size=2, max_size=6, unique_by=Activity.canonical), st.data())
def test_the_order_of_entries_shows(chain: list[Activity], data: st.DataObject) -> None:
    other = data.draw(st.permutations(chain))
    assume(other != chain)
    assert end_of(other) != end_of(chain)


@given(st.lists(entries, min_size=1, max_size=6), st.data())
def test_an_entry_that_was_taken_out_shows(chain: list[Activity], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(chain) - 1))
    assert end_of(chain[:place] + chain[place + 1 :]) != end_of(chain)


def end_of(chain: list[Activity]) -> bytes:
    last = NO_LINK
    for entry in chain:
        last = link_hash(last, entry.canonical())
    return last


@given(st.binary(min_size=32, max_size=32), entries)
def test_a_link_is_the_sha_256_of_what_came_before_and_the_entry(previous: bytes, entry: Activity) -> None:
    assert link_hash(previous, entry.canonical()) == hashlib.sha256(previous + entry.canonical()).digest()


@given(st.integers(0, (1 << 41) - 2))
def test_an_entry_tells_its_moment_to_the_millisecond(ms: int) -> None:
    entry = Activity(ActivityId(compose(EPOCH_MS + ms, Kind.ACTIVITY, 0, 0)), NOBODY, Action.SESSION_BEGIN)
    assert entry.at == datetime(2024, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def test_actions_are_named_noun_and_verb_in_alphabetical_order() -> None:
    names = [action.value for action in Action]
    assert all(re.fullmatch(r"[a-z]+:[a-z_]+", name) for name in names)
    assert names == sorted(set(names))


def test_outcomes_are_stored_by_names_that_stay() -> None:
    assert {outcome.value for outcome in Outcome} == {"done", "refused", "denied", "limited"}


def test_nobody_is_no_user() -> None:
    assert kind_of(NOBODY) is None


def test_an_entry_holds_no_details_unless_they_are_given() -> None:
    one, other = (Activity(ActivityId(n), NOBODY, Action.SESSION_BEGIN) for n in (1, 2))
    assert one.details == other.details == {}
