"""The rankers that ship, and how one is chosen."""

import re
from pathlib import Path

import pytest

from socialfeed.adapters.ranking import ChronologicalRanker, EngagementRanker, open_chronological, open_engagement
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.ranking import Ranker
from socialfeed.domain.engagement import Counts
from socialfeed.domain.graph import Priority
from socialfeed.domain.scores import DEFAULT, Terms, parse_score
from socialfeed.testing import Builder, FixedClock
from socialfeed.testing.contracts.ranking import AT, READER, RankerContract, contender


class TestChronological(RankerContract):
    @pytest.fixture
    def ranker(self) -> Ranker:
        return ChronologicalRanker()


class TestEngagement(RankerContract):
    @pytest.fixture(params=[DEFAULT, "likes", "1", "log(likes - 5)", "1 / age_hours", "priority**0.5"])
    def ranker(self, request: pytest.FixtureRequest) -> Ranker:
        return EngagementRanker(request.param)


@pytest.fixture
def make() -> Builder:
    return Builder()


async def test_the_newest_comes_first_whatever_people_do(make: Builder) -> None:
    old, new = contender(make, likes=100), contender(make)

    assert [each.post_id for each in await ChronologicalRanker().rank(READER, [old, new], AT)] == [
        new.post_id,
        old.post_id,
    ]


async def test_the_formula_decides_and_what_it_asked_for_is_told(make: Builder) -> None:
    commented = contender(make)._replace(counts=Counts(likes=1, comments=3))
    liked = contender(make, likes=5)

    first, second = await EngagementRanker("likes + 2*comments").rank(READER, [liked, commented], AT)

    assert (first.post_id, first.score, dict(first.terms)) == (commented.post_id, 7.0, {"likes": 1.0, "comments": 3.0})
    assert (second.post_id, second.score) == (liked.post_id, 5.0)


async def test_every_term_reaches_the_formula(make: Builder) -> None:
    one = contender(make, hours=4)._replace(
        counts=Counts(1, 2, 3, 9), priority=Priority.LOW, affinity=5, is_followed=False, is_own=True
    )
    formula = "likes + comments + shares + age_hours + priority + affinity + is_followed + is_own"

    [ranked] = await EngagementRanker(formula).rank(READER, [one], AT)

    assert dict(ranked.terms) == {
        "likes": 1, "comments": 2, "shares": 3, "age_hours": 4, "priority": -1, "affinity": 5, "is_followed": 0,
        "is_own": 1,
    }  # fmt: skip
    assert ranked.score == 15


async def test_equal_scores_come_newest_first_and_what_has_none_last(make: Builder) -> None:
    scored, without, likewise = contender(make, likes=1), contender(make), contender(make, likes=1)

    found = await EngagementRanker("log(likes)").rank(READER, [scored, without, likewise], AT)

    assert [each.post_id for each in found] == [likewise.post_id, scored.post_id, without.post_id]
    assert [each.score for each in found] == [0.0, 0.0, None]


async def test_by_default_care_and_closeness_raise_and_age_lowers(make: Builder) -> None:
    plain = contender(make, likes=4, hours=1)
    better = [plain._replace(priority=Priority.HIGH), plain._replace(affinity=2), plain._replace(counts=Counts(5))]
    worse = [plain._replace(priority=Priority.LOW), contender(make, likes=4, hours=20)]
    ranker = EngagementRanker(DEFAULT)

    [usual] = await ranker.rank(READER, [plain], AT)
    for others, is_more in ((better, True), (worse, False)):
        for each in others:
            [other] = await ranker.rank(READER, [each], AT)
            assert usual.score is not None
            assert other.score is not None
            assert (other.score > usual.score) is is_more


@pytest.mark.parametrize("opener", [open_chronological, open_engagement])
async def test_an_address_with_more_than_a_scheme_makes_no_sense(opener: object, tmp_path: Path) -> None:
    assert callable(opener)
    with pytest.raises(ValueError, match="is written"):
        async with opener("engagement://somewhere", AdapterContext(FixedClock(), tmp_path)):
            raise AssertionError("opened")


def test_the_guide_lists_every_term_and_its_formulas_are_good() -> None:
    root = Path(__file__).parents[3]
    guide = (root / "docs" / "ranking.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` +\| ", guide, re.MULTILINE)
    set_by_operators = re.findall(
        r'SOCIALFEED_RANKING="(.+)"', guide + (root / ".env.development").read_text(encoding="utf-8")
    )

    assert tuple(listed) == Terms._fields
    assert DEFAULT in guide
    assert [parse_score(text).text for text in set_by_operators] == set_by_operators
    assert len(set_by_operators) == 2
