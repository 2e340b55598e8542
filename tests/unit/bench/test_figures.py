from bench.figures import Goal, percentile, ratio


def test_a_percentile_is_what_so_many_of_the_answers_took_at_most() -> None:
    seconds = [number / 1000 for number in range(100, 0, -1)]
    assert (percentile(seconds, 50), percentile(seconds, 99)) == (51, 100)
    assert percentile([0.25], 99) == 250


def test_a_round_that_was_slow_for_both_does_not_move_the_ratio() -> None:
    assert ratio([100, 10, 120], [200, 20, 240]) == 0.5
    assert ratio([100, 10, 300], [200, 40, 300]) == 0.5


def test_a_goal_is_met_from_its_bound_on() -> None:
    least, most = Goal("of raw", 0.3), Goal("p99 by p50", 3, at_least=False)
    assert (least.holds(0.3), least.holds(0.29)) == (True, False)
    assert (most.holds(3), most.holds(3.01)) == (True, False)
    assert least.verdict(0.25) == "of raw: 0.25; goal at least 0.3: NO"
    assert most.verdict(2.5) == "p99 by p50: 2.5; goal at most 3: yes"


def test_what_was_not_measured_is_not_met() -> None:
    goal = Goal("of raw", 0.3)
    assert not goal.holds(None)
    assert goal.verdict(None) == "of raw: not measured; goal at least 0.3"
